/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Closes what others passed to this process, and connections on which such files may still wait. The last close() of a
 * file may wait as long as the one who made it likes (SO_LINGER, FUSE): threads wait for that, never the loop.
 */
#ifndef NETBOOTD_CLOSER_H
#define NETBOOTD_CLOSER_H

/* Returns at once. */
void closer_close(int fd);

/* From here on they are closed at once; waits a moment for those that are being closed. */
void closer_end(void);

#endif
