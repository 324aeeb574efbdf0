# SPDX-License-Identifier: MPL-2.0
"""Just enough of LMDB to make stores that netbootctl would not make."""

import ctypes
import ctypes.util

_LMDB = ctypes.CDLL(ctypes.util.find_library("lmdb") or "liblmdb.so.0")
_LMDB.mdb_strerror.restype = ctypes.c_char_p
_CREATE = 0x40000


class _Value(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_char_p)]


def _check(code):
    if code:
        raise OSError(code, _LMDB.mdb_strerror(code).decode())


def put(directory, table, key, value):
    """Writes one record of a named table, past all checks; the environment is made if there is none."""
    environment, transaction, handle = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()
    _check(_LMDB.mdb_env_create(ctypes.byref(environment)))
    try:
        _check(_LMDB.mdb_env_set_maxdbs(environment, ctypes.c_uint(8)))
        _check(_LMDB.mdb_env_open(environment, str(directory).encode(), ctypes.c_uint(0), 0o640))
        _check(_LMDB.mdb_txn_begin(environment, None, ctypes.c_uint(0), ctypes.byref(transaction)))
        _check(_LMDB.mdb_dbi_open(transaction, table.encode(), ctypes.c_uint(_CREATE), ctypes.byref(handle)))
        octets = _Value(len(key), key), _Value(len(value), value)
        _check(_LMDB.mdb_put(transaction, handle, *map(ctypes.byref, octets), ctypes.c_uint(0)))
        _check(_LMDB.mdb_txn_commit(transaction))
    finally:
        _LMDB.mdb_env_close(environment)
