# SPDX-License-Identifier: MPL-2.0
"""What is closed when its `with` ends."""

import contextlib


class Closing(contextlib.AbstractContextManager):
    def __exit__(self, *_):
        self.close()
