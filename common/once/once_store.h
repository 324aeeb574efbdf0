/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the parts of the state store share:
 *
 *   state.c          keeps it
 *   state_serve.c    serves by it
 *   state_arm.c      arms and disarms for people
 *   state_show.c     shows it to them
 *   state_forget.c   disarms what a change of the targets store takes away
 */
#ifndef NETBOOT_STATE_STORE_H
#define NETBOOT_STATE_STORE_H

#include "once/state.h"
#include "store/store.h"

enum { STATE_META, STATE_ONCE, STATE_TABLES };

#define STATE_RECORD_MAX 2048
#define STATE_TOOL_MS 5000 /* that a change of the targets store, and a check, wait for other writers */

static inline struct state *view_state(const struct netboot_view *view)
{
    return &view->store->once;
}

/* Whether the number of the last doubt is still the one of a record. Fills doubt and certain. */
void state_read_doubt(const struct state *state, struct once_time *now);
void state_raise_doubt(struct state *state, const struct once_time *now);

/* Whether nothing at all is armed: false where that is not known. */
bool state_is_empty(struct state *state);
/* Notes that, if it is so in the state that the transaction shows. */
void state_note_empty(struct state *state, MDB_txn *txn);

/* One record: 0, -ENOENT, -EBADMSG or what LMDB says. Its bytes live as long as the transaction. */
int state_get(const struct state *state, MDB_txn *txn, const struct key *key, struct once_record *ret);
/* LMDB's code. */
int state_put(const struct state *state, MDB_txn *txn, const struct key *key, struct once_record *record);

struct state_write {
    int lock;
    MDB_txn *txn;
    struct env_slot *slot;
};
/* For a packet of a server it is not opened again. */
int state_write_begin(struct state *state, unsigned deadline_ms, bool packet, struct state_write *ret,
                      struct netboot_error *error);
/* Commits if `code` is 0, else gives up. The code of the whole. */
int state_write_end(struct state_write *write, int code, struct netboot_error *error);

/* What a change of the targets store arms or disarms with it (`request` NULL). It is checked on the change as it is
 * then, and again when it is written. */
struct arming;
int arming_add(struct arming **list, struct netboot_view *view, const struct netboot_id *ids, size_t count,
               const struct netboot_once_request *request, struct netboot_error *error);
/* Writes all of it into a transaction that is still open where this returns 0: state_write_end() ends it. */
int arming_write(const struct arming *list, struct netboot_view *view, unsigned deadline_ms, struct state_write *ret,
                 struct netboot_error *error);
void arming_free(struct arming *list);

unsigned state_deadline(struct state *state, bool needed, const struct once_time *now);
void state_note_busy(struct state *state, const struct once_time *now);

/* Calls `each` with every record, NULL for a damaged one, until it returns non-zero, which is returned. */
int state_each(struct state *state, int (*each)(MDB_val key, const struct once_record *record, void *user), void *user);

/* The key under which the targets store has the host with that identifier. -ENOENT, -EBADMSG. */
int state_find_key(struct netboot_view *view, const struct netboot_id *id, struct key *ret,
                   struct netboot_error *error);

#endif
