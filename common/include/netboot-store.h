/* SPDX-License-Identifier: MPL-2.0 */
/*
 * libnetboot for an administrator's program: the records of the targets store, read and changed; its history and
 * backups; what is armed to boot once; the journal. A DHCP server needs netboot.h only, whose rules of threads, memory,
 * errors and byte order hold here as well.
 */
#ifndef LIBNETBOOT_STORE_H
#define LIBNETBOOT_STORE_H

#include "netboot.h"

#include <sys/types.h> /* ssize_t */

#ifdef __GNUC__
#define NETBOOT_EXTENSION __extension__
#else
#define NETBOOT_EXTENSION
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Values as text ------------------------------------------------------------------------------------------ */

/*
 * Reads a MAC ("52:54:00:77:00:02", "52-54-...", "5254.0077.0002", "525400770002"), a UUID ("11223344-5566-..." or
 * 32 digits), a DUID (7 octets or more, "00:03:00:01:..." or the same without colons, beginning with 00) or else a
 * name. -EINVAL: none of these.
 */
int netboot_id_parse(const char *text, struct netboot_id *ret, struct netboot_error *error);
/* The same, where the type is known; `what` begins the reason ("mac", "--mac"). -EINVAL. */
int netboot_id_parse_as(enum netboot_id_type type, const char *what, const char *text, struct netboot_id *ret,
                        struct netboot_error *error);

/* Names of sites, targets and hosts: letters, digits and "._-", a letter or digit first, 1 to NETBOOT_NAME_MAX. */
bool netboot_name_valid(const char *name);

/* A platform by its name or by any of its architecture codes. -EINVAL. */
int netboot_platform_parse(const char *text, uint16_t *ret, struct netboot_error *error);
#define NETBOOT_PLATFORM_TEXT_SIZE 32
/* The platform's name, else its number. Returns `text`. */
const char *netboot_platform_text(uint16_t platform, char text[NETBOOT_PLATFORM_TEXT_SIZE]);

/* Reads an address of that family into 4 or 16 octets; `what` begins the reason. -EINVAL: it is none, or the
 * unspecified address. */
int netboot_address_parse(const char *what, const char *text, enum netboot_family family, uint8_t *ret,
                          struct netboot_error *error);

#define NETBOOT_PREFIX_SIZE (1 + NETBOOT_ADDRESS_SIZE)
/* Reads "192.0.2.0/24" in the form of netboot_site.prefixes: prefix length, then 4 or 16 octets of address. Returns the
 * size, or -EINVAL. */
int netboot_prefix_parse(const char *what, const char *text, uint8_t ret[NETBOOT_PREFIX_SIZE],
                         struct netboot_error *error);
#define NETBOOT_PREFIX_TEXT_SIZE 64
/* Returns `text`. */
const char *netboot_prefix_text(struct netboot_bytes prefix, char text[NETBOOT_PREFIX_TEXT_SIZE]);

/* ---- Records of the targets store ----------------------------------------------------------------------------- */

#define NETBOOT_LIST_MAX 64
struct netboot_list {
    size_t count;
    struct netboot_bytes items[NETBOOT_LIST_MAX];
};

/* Text fields are UTF-8 without NUL; an empty one is absent. */
struct netboot_site {
    struct netboot_bytes name;
    struct netboot_list prefixes; /* 1 octet prefix length, then 4 or 16 octets of address */
    struct netboot_bytes tftp4;   /* 4 octets */
    struct netboot_bytes tftp6;   /* 16 octets */
    struct netboot_bytes http4;   /* base URL */
    struct netboot_bytes http6;   /* base URL */
};

struct netboot_loader {
    uint16_t platform;
    struct netboot_bytes file;
};

enum netboot_kind { NETBOOT_KIND_BOOT, NETBOOT_KIND_LOCAL, NETBOOT_KIND_SILENT, NETBOOT_KIND_IGNORE };
const char *netboot_kind_name(enum netboot_kind kind); /* "boot", "local", "silent", "ignore" */
int netboot_kind_find(const char *name);               /* or -ENOENT */

struct netboot_target {
    struct netboot_bytes name;
    enum netboot_kind kind;
    struct netboot_bytes script;
    struct netboot_list files; /* platform files, see netboot_platform_file() */
    struct netboot_bytes description;
    struct netboot_bytes kernel;       /* what iPXE boots where there is no script: a path or URL */
    struct netboot_list initrds;       /* paths or URLs, in their order */
    struct netboot_bytes command_line; /* the kernel's */
    uint16_t order;                    /* place in the menu, the lowest first; 0: not in it */
};

struct netboot_host {
    struct netboot_bytes name;
    struct netboot_list ids; /* octet of enum netboot_id_type, then the value; see netboot_host_id() */
    struct netboot_bytes target;
    struct netboot_list loaders; /* platform files */
    struct netboot_list labels;  /* "key=value" */
    struct netboot_bytes note;
    uint64_t changed; /* seconds since 1970 */
    uint64_t born;    /* tells this host from earlier and later hosts with its identifiers; 0: older than this field.
                         The store sets it and ignores what a program has here */
};

enum netboot_record_kind { NETBOOT_RECORD_SITE, NETBOOT_RECORD_LOADER, NETBOOT_RECORD_TARGET, NETBOOT_RECORD_HOST };
#define NETBOOT_RECORD_KINDS 4                                       /* of this version: 0 to 3 */
#define NETBOOT_RECORD_KINDS_ROOM 8                                  /* for kinds to come */
const char *netboot_record_kind_name(enum netboot_record_kind kind); /* "site", "loader", "target", "host" */
int netboot_record_kind_find(const char *name);                      /* or -ENOENT */

/*
 * A record of any kind, with room for later fields: a program that reads a record, changes fields that it knows and
 * puts the record keeps all other fields. A new record begins with netboot_record_clear(), or with zeros.
 */
struct netboot_record {
    enum netboot_record_kind kind;
    NETBOOT_EXTENSION union { /* of C11; older compilers have it as well */
        uint8_t room[8192];
        struct netboot_site site;
        struct netboot_loader loader;
        struct netboot_target target;
        struct netboot_host host;
    };
};

/* Makes `ret` an empty record of that kind. Items past the count of a list are not touched. */
void netboot_record_clear(enum netboot_record_kind kind, struct netboot_record *ret);
/* Whether two records are equal; the time of their change does not count. */
bool netboot_record_equal(const struct netboot_record *a, const struct netboot_record *b);

/*
 * A change of a record. It begins with its size and `record`, all else zero. Members that netboot_patch_set() names
 * become as in `record`, absent if they are absent there; all others stay.
 */
struct netboot_record_patch {
    size_t size;                         /* sizeof of the structure */
    const struct netboot_record *record; /* the new values, and the kind */
    uint32_t set;                        /* see netboot_patch_set() */
    uint32_t id_types;                   /* see netboot_patch_set_ids() */
    /* Removed last: values that are equal, and items of lists that have an equal key (platform files, labels) or are
     * equal (other lists). NULL: none. */
    const struct netboot_record *drop;
    const struct netboot_list *add_ids; /* identifiers to add to a host; NULL: none */
    struct netboot_bytes keep_id;       /* one more, before the others of its type if it is new; empty: none */
};

/* Names a member by its offset in the structure of its kind: offsetof(struct netboot_host, note). */
void netboot_patch_set(struct netboot_record_patch *patch, size_t member);
/* Names the identifiers of one type; those of the others stay. */
void netboot_patch_set_ids(struct netboot_record_patch *patch, enum netboot_id_type type);
/*
 * Applies a patch to a record (NULL: to an empty one). Values of `ret` point to where those of `record` and of the
 * patch do. If the identifiers of a host change, they are in the order MAC, UUID, DUID afterwards. -EINVAL: too many
 * identifiers, a member that the kind does not have, or no record; netboot_change_put() checks all else.
 */
int netboot_patch_apply(const struct netboot_record *record, const struct netboot_record_patch *patch,
                        struct netboot_record *ret, struct netboot_error *error);

/* The key by which a record is found. */
struct netboot_record_key {
    enum netboot_record_kind kind;
    uint16_t platform;               /* of a loader */
    char name[NETBOOT_NAME_MAX + 1]; /* of a site or a target */
    struct netboot_id id;            /* of a host: any of its identifiers, or its name */
};

/* Reads a key as it is typed: a name, a platform's name or number, an identifier of a host. -EINVAL. */
int netboot_record_key_parse(enum netboot_record_kind kind, const char *text, struct netboot_record_key *ret,
                             struct netboot_error *error);
/* The key of a record: of a host its first MAC, else its first other identifier, else its name. -EINVAL: it has none.
 */
int netboot_record_key_of(const struct netboot_record *record, struct netboot_record_key *ret);
#define NETBOOT_RECORD_TEXT_SIZE (NETBOOT_ID_TEXT_SIZE + 16)
/* "host 52:54:00:12:34:56", "loader x64-uefi". Returns `text`. */
const char *netboot_record_key_text(const struct netboot_record_key *key, char text[NETBOOT_RECORD_TEXT_SIZE]);
/* "host web1", or by its key if it has no name. Returns `text`. */
const char *netboot_record_text(const struct netboot_record *record, char text[NETBOOT_RECORD_TEXT_SIZE]);

/* The host's identifier number `index`. -ENOENT past the last one, -EBADMSG for one that is malformed. */
int netboot_host_id(const struct netboot_host *host, size_t index, struct netboot_id *ret);

/* A platform file is 2 octets of platform, big-endian, then the file's path or URL. Returns the file for `platform` in
 * such a list, or empty bytes. */
struct netboot_bytes netboot_platform_file(const struct netboot_list *files, uint16_t platform);

/*
 * Whether a path or URL may stand in a loader, a target or a host: printable ASCII without spaces, only known
 * placeholders ({mac}, {mac-hyphen}, {uuid}, {platform}, {site}, {target}), at most 1023 octets, in a tftp URL only
 * escapes that make a file name without controls. -EINVAL with the reason.
 */
int netboot_file_check(const char *value, struct netboot_error *error);
/* Whether a text is a base URL that files can be joined to: http:// or https:// and a host. -EINVAL with the reason. */
int netboot_base_url_check(const char *url, struct netboot_error *error);

/* ---- Decision ----------------------------------------------------------------------------------------------- */

/* What the store has for one client; anything may be absent (NULL, empty). The records belong to whoever fills this;
 * see netboot_view_policy(). */
struct netboot_policy {
    enum netboot_armed armed;
    bool joined;            /* `host` was found by a MAC that the journal has seen with the client's UUID */
    bool target_is_missing; /* the host names a target that the store does not have; `target` is the default */
    const struct netboot_host *host;
    const struct netboot_target *target; /* the armed one, else the host's, else `default` */
    const struct netboot_site *site;     /* by the client's address, else `default`; without its prefixes */
    struct netboot_bytes loader;         /* of the client's platform */
    uint64_t reserved[8];
};

/* Pure: the same arguments give the same decision. */
void netboot_decide(const struct netboot_query *query, const struct netboot_client *client,
                    const struct netboot_policy *policy, struct netboot_decision *ret);

/* ---- The targets store ---------------------------------------------------------------------------------------- */

struct netboot_view;   /* one consistent state of the store, to read */
struct netboot_change; /* a write transaction: one generation */

/* --- reading */

/* A view shows the same state until it is closed, even if the store is changed or replaced. While it is open, in any
 * process, LMDB reuses no page that it may show: the file grows with each change. Keep a view only while you read, not
 * while you wait for a person or a slow peer. netboot_view_status() tells who keeps an old one. */
int netboot_view_open(struct netboot_store *store, struct netboot_view **ret, struct netboot_error *error);
void netboot_view_close(struct netboot_view *view);

/* What the store has for a client; its host is found by MAC, UUID or DUID, in this order. 0, or -EBADMSG for a damaged
 * record. The records are valid until the view is asked for another client, or closed. */
int netboot_view_policy(struct netboot_view *view, const struct netboot_client *client, struct netboot_policy *ret,
                        struct netboot_error *error);
/* Sets whether netboot_view_policy() on this view joins identifiers: `join` is 1 or 0; -1 only asks. Returns the
 * setting, which begins as in the options of the handle. Joining needs the journal: without it, this fails as
 * netboot_journal_entries() does (-ENOENT, ...), and the setting stays. */
int netboot_view_join(struct netboot_view *view, int join, struct netboot_error *error);

/* Reads one record. 0, -ENOENT, -EBADMSG, -EINVAL; after a failure ignore what `ret` holds. */
int netboot_view_get(struct netboot_view *view, const struct netboot_record_key *key, struct netboot_record *ret,
                     struct netboot_error *error);

/* Calls `each` for every record of a kind, in the order of keys, until it returns non-zero, which is returned. Begins
 * after the key `after` (NULL: with the first record). A record of that key need not exist, except for a host's name
 * (-ENOENT). A record is valid only during the call. Damaged records are skipped: the call then ends with -EBADMSG, and
 * netboot_view_damaged() names them. */
int netboot_view_each(struct netboot_view *view, enum netboot_record_kind kind, const struct netboot_record_key *after,
                      int (*each)(const struct netboot_record *record, void *user), void *user,
                      struct netboot_error *error);

/* Calls `each` for every damaged record with its key, as "host 52:54:00:12:34:56" or "target rescue", until it returns
 * non-zero, which is returned. The record can be deleted by that key. Reads the whole store. */
int netboot_view_damaged(struct netboot_view *view, int (*each)(const char *record, void *user), void *user,
                         struct netboot_error *error);

struct netboot_status {
    uint32_t format;                             /* of the store */
    uint64_t generation;                         /* one more with every committed change */
    uint64_t changed;                            /* time of the last change, seconds since 1970 */
    uint64_t records[NETBOOT_RECORD_KINDS_ROOM]; /* their numbers, by enum netboot_record_kind */
    uint64_t size;                               /* of the data in use, octets */
    uint64_t map_size;                           /* of the map, octets */
    unsigned readers;                            /* readers in use, of all processes */
    uint64_t oldest_behind;                      /* changes since the oldest state that a reader still shows, or 0 */
    int oldest_pid;                              /* the process of that reader; 0: none shows an old state */
    uint64_t reserved[6];
};
int netboot_view_status(struct netboot_view *view, struct netboot_status *ret, struct netboot_error *error);
/* Calls `each` once for every process that has readers, this one included, until it returns non-zero, which is
 * returned. A dead process counts until its readers are cleared. -ENOMEM, -EIO. */
int netboot_view_readers(struct netboot_view *view, int (*each)(int pid, void *user), void *user,
                         struct netboot_error *error);

/* --- writing */

/*
 * Creates directory (2750; of root's: 700) and targets store (format, default site, nothing else). They belong to the
 * owner of the directory, and are as open to its group. -EEXIST: there is a targets store already, which stays as it
 * is.
 *
 * A program of root's should become the owner of the directory `targets` before it opens a store, as netbootctl does:
 * what members of the group write into the files reaches whoever maps them. The library opens it for root as well.
 */
int netboot_store_create(const char *directory, struct netboot_error *error);

/* Begins a change, waiting up to `deadline_ms` for other writers; -ETIMEDOUT names who holds the lock. Every
 * netboot_view_ call works on netboot_change_view() and sees the change. */
int netboot_change_open(struct netboot_store *store, unsigned deadline_ms, struct netboot_change **ret,
                        struct netboot_error *error);
struct netboot_view *netboot_change_view(struct netboot_change *change);
/* Sets who makes the change, and what it is, for the history; either may be NULL. Both are copied and cut to the room
 * there; octets that are not UTF-8 become '?'. */
void netboot_change_describe(struct netboot_change *change, const char *by, const char *what);
/* On success the change is durable and visible to every reader; on failure nothing has changed (but see
 * netboot_change_arm()). Ends the change either way, except for -EPERM (another thread) and -ECHILD (a forked child,
 * which frees its copy with netboot_change_abort()): the change then goes on. -EAGAIN: the store was replaced since the
 * change began. */
int netboot_change_commit(struct netboot_change *change, struct netboot_error *error);
void netboot_change_abort(struct netboot_change *change); /* NULL is fine */

/*
 * Put creates or replaces a whole record, and checks every value (-EINVAL with the reason). For a host, `key` finds the
 * one to replace (-ENOENT); without a key, the host that goes by the record's own key is replaced, or a new one is
 * added. A host must have a MAC, UUID or DUID, and no identifier of another host (-EEXIST names it). `changed` is set
 * here. All other records go by their own name or platform; any other key is -EINVAL. The record may consist of views
 * into the same change; they end here. Add does the same but replaces nothing: -EEXIST names what is there already.
 * Delete: -ENOENT; the target and the site `default` can be deleted like any
 * other. Damaged records can be replaced and deleted.
 */
int netboot_change_put(struct netboot_change *change, const struct netboot_record_key *key,
                       const struct netboot_record *record, struct netboot_error *error);
int netboot_change_add(struct netboot_change *change, const struct netboot_record *record, struct netboot_error *error);
int netboot_change_delete(struct netboot_change *change, const struct netboot_record_key *key,
                          struct netboot_error *error);

/* ---- History and backup ---------------------------------------------------------------------------------------- */

/*
 * The store keeps its last changes; the entry of a change is written in the same transaction. It has the rows as they
 * were before, so that the change can be undone, unless they were too large: docs/store-format.md has the bounds. No
 * call of this section arms a host to boot once; it can only disarm.
 */

#define NETBOOT_HISTORY_BY_SIZE 64
#define NETBOOT_HISTORY_WHAT_SIZE 256
struct netboot_history {
    uint64_t generation; /* the one that the change made */
    uint64_t when;       /* seconds since 1970 */
    uint64_t hosts;      /* hosts put or deleted */
    uint64_t others;     /* sites, loaders and targets put or deleted */
    bool kept;           /* the change can be undone, if all later ones can */
    bool revertible;     /* netboot_change_revert() can go back to this generation */
    char by[NETBOOT_HISTORY_BY_SIZE];
    char what[NETBOOT_HISTORY_WHAT_SIZE];
};

/* Calls `each` for every entry, the newest first, until it returns non-zero, which is returned. -EAGAIN: the handle
 * opened an older store, whose history began later: ask a later view, or with `follow` another handle. */
int netboot_view_history(struct netboot_view *view, int (*each)(const struct netboot_history *, void *user), void *user,
                         struct netboot_error *error);

/* A record before and after; NULL: there is none, or it is damaged. At least one is not NULL. */
struct netboot_difference {
    const struct netboot_record *before, *after;
};

/*
 * Brings all records back to what they were in that generation; the commit makes a new generation. `each` (NULL: none)
 * is called for every record that changes; it must not use the change. -EINVAL: the change is not new, or the
 * generation is not an earlier one. -ENODATA: the history does not go back that far, or a change since then was too
 * large to be kept; only a backup has that state.
 */
int netboot_change_revert(struct netboot_change *change, uint64_t generation,
                          void (*each)(const struct netboot_difference *, void *user), void *user,
                          struct netboot_error *error);

struct netboot_backup {
    uint64_t generation;                         /* that was backed up */
    uint64_t changed;                            /* time of that generation, seconds since 1970 */
    uint64_t records[NETBOOT_RECORD_KINDS_ROOM]; /* their numbers, by enum netboot_record_kind */
    uint64_t damaged;                            /* damaged records of the store, which are not in the backup */
    uint64_t reserved[8];
};

/* Takes octets: 0, or a negative errno value, which is returned. */
typedef int (*netboot_write_fn)(const void *data, size_t size, void *user);

/* Writes the records of the view as one stream of octets, without the history and without what is armed. */
int netboot_view_backup(struct netboot_view *view, netboot_write_fn write, void *user, struct netboot_backup *ret,
                        struct netboot_error *error);

/* Reads up to `size` octets: how many, 0 at the end, or a negative errno value, which is returned. */
typedef ssize_t (*netboot_read_fn)(void *data, size_t size, void *user);

/* Whether a stream is a whole and undamaged backup, and what is in it. -EBADMSG: it is damaged, cut short, or no
 * backup; -ENOTSUP: a newer format. */
int netboot_backup_check(netboot_read_fn read, void *user, struct netboot_backup *ret, struct netboot_error *error);
/* Replaces all records by those of the backup. The store gets a new id, which disarms all hosts. After a failure (as
 * above, -EINVAL, -EEXIST) abort the change. */
int netboot_change_restore(struct netboot_change *change, netboot_read_fn read, void *user, struct netboot_backup *ret,
                           struct netboot_error *error);

/* ---- Boot once ------------------------------------------------------------------------------------------------ */

/*
 * "Boot this target at the next boot, then never again." netbootd has the armings; DHCP servers ask it when an armed
 * host boots, and these calls ask it as well: -ENOENT, -ECONNREFUSED: it does not run; -EACCES: this user may not;
 * -EPERM: what listens there is not of the store's owner. Changes of the targets store can only disarm: an arming
 * counts for the store and the host that it was made for.
 */

enum netboot_once_state {
    NETBOOT_ONCE_ARMED,
    NETBOOT_ONCE_IN_PROGRESS, /* a boot has begun with it, and has not reached its last stage */
    NETBOOT_ONCE_USED,
    NETBOOT_ONCE_WAITING, /* until done: used, to be used again unless it is reported done */
    NETBOOT_ONCE_DONE,
    NETBOOT_ONCE_EXPIRED,   /* unused */
    NETBOOT_ONCE_NEVER_DONE /* until done: used as often as it may be, or expired, and never reported done */
};
/* "armed", "in-progress", "used", "waiting", "done", "expired", "never-done" */
const char *netboot_once_state_name(enum netboot_once_state state);

#define NETBOOT_ONCE_TRIES_MAX 1000
#define NETBOOT_ONCE_WINDOW_MAX 600 /* seconds */
struct netboot_once_request {
    size_t size;        /* sizeof of the structure */
    const char *target; /* of kind boot or local */
    uint64_t expires;   /* seconds since 1970; 0: 24 hours from now */
    bool until_done;
    unsigned tries; /* until done: boots at most, 1 to 1000; 0: 3 */
    int window;     /* seconds in which other packets count as the same boot, 0 to 600; -1: 60 */
    const char *by; /* who arms it; NULL: nobody in particular */
};

#define NETBOOT_ONCE_BY_SIZE 64
struct netboot_once {
    enum netboot_once_state state;
    bool until_done;
    unsigned tries, count;                        /* boots that it is for; boots served */
    unsigned window;                              /* seconds */
    uint64_t armed, expires, started, used, done; /* seconds since 1970; 0: not so far */
    enum netboot_family family;                   /* of the client that used it last */
    enum netboot_stage stage;                     /* of the same client */
    char target[NETBOOT_NAME_MAX + 1];
    char by[NETBOOT_ONCE_BY_SIZE];
    char server[NETBOOT_ONCE_BY_SIZE];
    char boot_file[NETBOOT_FILE_SIZE];
    uint64_t reserved[8];
};

/* Each call is for all `ids`, or nothing, and is on disk when it returns 0. It waits up to `deadline_ms` for netbootd.
 * -ENOENT: no such host or target; -EINVAL; -ENOSPC: too many hosts are armed; -ETIMEDOUT. Arming replaces an earlier
 * arming. Disarming a host that is not armed is fine. Reporting done is -ENOENT if nothing was armed. `by`, who does
 * it, may be NULL. */
int netboot_once_arm(struct netboot_store *store, const struct netboot_id *ids, size_t count,
                     const struct netboot_once_request *request, unsigned deadline_ms, struct netboot_error *error);
int netboot_once_disarm(struct netboot_store *store, const struct netboot_id *ids, size_t count, const char *by,
                        unsigned deadline_ms, struct netboot_error *error);
int netboot_once_done(struct netboot_store *store, const struct netboot_id *ids, size_t count, const char *by,
                      unsigned deadline_ms, struct netboot_error *error);

/* Arms hosts together with a change (`request` NULL: disarms them): netboot_change_commit() then does both, or nothing.
 * Of several calls each is done for all of its hosts, or none. The hosts and the target must be in the change, now and
 * at its commit. The deadline is that of the change. netbootd is told first and waits; then the records are committed,
 * and then it arms: if it cannot (its disk is full, say), the commit fails and says so, and the records stay changed.
 */
int netboot_change_arm(struct netboot_change *change, const struct netboot_id *ids, size_t count,
                       const struct netboot_once_request *request, struct netboot_error *error);

/* Whether netbootd runs and may be asked. If not, no host counts as armed, and each gets its regular target. */
int netboot_once_check(struct netboot_store *store, struct netboot_error *error);
/* The boot-once of the host that has the identifier. -ENOENT: there is no such host, or nothing is armed; any other
 * value: netbootd cannot be asked. The answers of one view are of one moment, if it asks for many hosts. */
int netboot_view_once(struct netboot_view *view, const struct netboot_id *id, struct netboot_once *ret,
                      struct netboot_error *error);
/* Counts the hosts in each state: `ret` has room for `count` numbers, by enum netboot_once_state. */
int netboot_view_once_counts(struct netboot_view *view, uint64_t *ret, size_t count, struct netboot_error *error);

/* What was armed in a state store that DHCP servers wrote before there was netbootd, of hosts that the store has. Calls
 * `each` until it returns non-zero, which is returned. -ENOENT: there is none. Nothing of it is armed any more. */
int netboot_view_once_before(struct netboot_view *view,
                             int (*each)(const struct netboot_id *id, const struct netboot_once *once, void *user),
                             void *user, struct netboot_error *error);

enum netboot_once_action { NETBOOT_ONCE_ARM, NETBOOT_ONCE_DISARM, NETBOOT_ONCE_REPORT };
/* What somebody did; netbootd has the last 1000. */
struct netboot_once_act {
    uint64_t when; /* seconds since 1970 */
    enum netboot_once_action action;
    uint64_t hosts;                    /* how many */
    struct netboot_id host;            /* the first of them */
    char target[NETBOOT_NAME_MAX + 1]; /* "" where none was armed */
    char by[NETBOOT_ONCE_BY_SIZE];
    uint64_t reserved[4];
};
/* Calls `each` in the order of time until it returns non-zero, which is returned. */
int netboot_once_acts(struct netboot_store *store, int (*each)(const struct netboot_once_act *, void *user), void *user,
                      struct netboot_error *error);

/* A DHCP server that is connected to netbootd. */
struct netboot_server {
    char name[NETBOOT_ONCE_BY_SIZE]; /* as it calls itself: "kea-dhcp4" */
    int pid;
    uint64_t generation; /* that it answers from; 0: it has no store */
    uint64_t since;      /* seconds since 1970 */
    uint64_t reserved[4];
};
/*
 * For users who may not write the store and are in netbootd's group of operators: runs a command of netbootctl's that
 * changes hosts (host set, host delete, host done, command), as netbootd's user. `words` ends by NULL; output goes to
 * the two file descriptors. The exit code, or a negative errno value: -EACCES: not such a user, or not such a command.
 */
int netboot_daemon_run(const char *directory, const char *const *words, int out, int err, unsigned deadline_ms,
                       struct netboot_error *error);
int netboot_servers(struct netboot_store *store, int (*each)(const struct netboot_server *, void *user), void *user,
                    struct netboot_error *error);

/* ---- Journal -------------------------------------------------------------------------------------------------- */

/*
 * The last boots of each machine, in files of their own beside the targets store, which netbootd writes from what
 * servers hand over: those that open the store with the option `journal`.
 *
 * Every call below works on any handle, also while netbootd writes, and after it has died. The first one reads all of
 * the journal; later ones what was written since. The journal is not held while `each` runs. Each returns 0, what
 * `each` returned, or: -ENOENT: there is no journal; -EACCES; -ENOTSUP: it is of a newer version; -ENOMEM.
 */

/* One step of a boot: what a machine was answered at one stage. Packets that repeat it, and the ACK or Reply that
 * follows its OFFER or Advertise, are joined to it; the entry then gets a new number. */
struct netboot_journal_entry {
    uint64_t number;      /* in the order of writing; 1 is the first */
    uint64_t first, last; /* its first and last packet, in milliseconds since 1970 */
    unsigned packets;     /* at most 65535 */
    uint8_t first_reply;  /* message type of the server's reply to the first packet; 0: BOOTP */
    uint8_t last_reply;   /* and to the last one */
    uint32_t transaction; /* of the last packet; 0: unknown */
    char server[NETBOOT_ONCE_BY_SIZE];
    bool joins;                       /* that server joins identifiers */
    struct netboot_client client;     /* `requested` is not kept and empty; `duid` is valid during the call */
    struct netboot_decision decision; /* netboot_reason_text() tells its reasons */
};

struct netboot_journal_filter {
    size_t size;                  /* sizeof of the structure */
    uint64_t after;               /* only entries with a greater number */
    uint64_t since;               /* only entries with a packet at this time or later, milliseconds since 1970 */
    const struct netboot_id *ids; /* only of machines that have shown one of these (no names); NULL: all */
    size_t id_count;
    size_t last; /* at most this many, the newest; 0: all */
};

/* Calls `each` in the order of numbers until it returns non-zero. `filter` NULL: all. */
int netboot_journal_entries(struct netboot_store *store, const struct netboot_journal_filter *filter,
                            int (*each)(const struct netboot_journal_entry *, void *user), void *user,
                            struct netboot_error *error);

/* A machine of the journal: it goes by its MAC if it has shown one, else by its UUID, else by its DUID. */
struct netboot_journal_machine {
    struct netboot_id id;
    struct netboot_list ids;   /* its other identifiers, as in struct netboot_host; valid during the call */
    uint64_t shared;           /* bit N: other machines have shown ids.items[N] too */
    uint64_t first, last;      /* milliseconds since 1970 */
    uint64_t exchanges;        /* all its steps, deleted ones included */
    unsigned stages4, stages6; /* bits 1 << enum netboot_stage, over DHCPv4 and over DHCPv6 */
    uint16_t platform, arch;   /* of its firmware; NETBOOT_PLATFORM_NONE, NETBOOT_ARCH_NONE */
    uint8_t address4[4];       /* the last ones; zero: none */
    uint8_t address6[NETBOOT_ADDRESS_SIZE];
    enum netboot_outcome outcome; /* of its last step */
    char host[NETBOOT_ID_TEXT_SIZE];
    char target[NETBOOT_NAME_MAX + 1];
};

/* Machines that have shown one of `ids`; NULL: all, in the order of their ids. */
int netboot_journal_machines(struct netboot_store *store, const struct netboot_id *ids, size_t count,
                             int (*each)(const struct netboot_journal_machine *, void *user), void *user,
                             struct netboot_error *error);

/* Identifiers that belong together: over DHCPv4 the machine `mac`, and no other, has shown `uuid`; a client without a
 * MAC goes by that UUID. */
struct netboot_journal_join {
    struct netboot_id mac, uuid;
    uint64_t mac_last, uuid_last; /* when each was seen last, milliseconds since 1970 */
};
int netboot_journal_joins(struct netboot_store *store, int (*each)(const struct netboot_journal_join *, void *user),
                          void *user, struct netboot_error *error);

struct netboot_journal_state {
    uint64_t identity; /* changes when the journal is created again; numbers then begin again */
    uint64_t newest;   /* number of the newest entry; 0: there is none */
    uint64_t entries, machines;
    uint64_t size;    /* octets in use */
    uint64_t limit;   /* octets that its files take at most; 0: netbootd has not made them so far */
    uint64_t dropped; /* records that netbootd took and could not write, or that were more than a machine may have */
    uint64_t reserved[8];
};
/* netbootd tells it, within 0.2 s, to members of the store's group as well; -EIO: it cannot write the journal. Where it
 * does not answer, a handle that does not follow reads the files; a server never waits for that. */
int netboot_journal_status(struct netboot_store *store, struct netboot_journal_state *ret, struct netboot_error *error);

#ifdef __cplusplus
}
#endif
#endif
