/* SPDX-License-Identifier: MPL-2.0 */
/*
 * libnetboot: what a network-booting machine gets from its DHCP server.
 *
 *     packet -> query -> client facts -> decision -> answer -> packet
 *                            |              |
 *                            +--- policy ---+   (looked up in the targets store)
 *
 * A DHCP server fills a `struct netboot_query` with bytes of the packet and of its own reply, calls netboot_serve(),
 * and carries out the edits of the answer on that reply. Everything between the two is in this library and is the same
 * for every server, for `netbootctl explain` and for the tests. This header has what a server needs; netboot-store.h
 * has what an administrator's program needs.
 *
 * Threads.  The pure calls (netboot_client_parse, netboot_decide, netboot_answer_encode, all text and record calls)
 * keep no state. A `struct netboot_store` may be used by any number of threads at once; a view belongs to one thread at
 * a time, a change to the thread that opened it (-EPERM from any other).
 *
 * Memory.  Structures are the caller's. `struct netboot_bytes` never owns what it points to: views into a query live
 * as long as the query's packet, views into a store as long as the netboot_view or netboot_change they came from.
 * netboot_serve() allocates nothing, takes no lock that packets share, makes no system call and logs nothing. The
 * exception is a host that is armed to boot once: netbootd is asked about its packet, and is waited for up to a
 * deadline (100 ms, or as the options say).
 *
 * Errors. 0 or more is success, a negative errno value a failure; outputs are untouched on failure unless a call says
 * otherwise. The text for people goes into the caller's `struct netboot_error` (NULL: not wanted). A call that ends
 * with a callback's value sets no text.
 *
 * Byte order.  Numbers are in host order, addresses and identifiers in network order as bytes.
 */
#ifndef NETBOOT_H
#define NETBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NETBOOT_VERSION "0.1.0"
/* The version of the library that runs; NETBOOT_VERSION is the one that the program was built with. */
const char *netboot_version(void);

/*
 * Enumerations.  An enumerator keeps its number; new ones go to the end. A call that returns an enumerator's name
 * returns NULL for an unknown number.
 */

struct netboot_bytes {
    const uint8_t *data;
    size_t size;
};

#define NETBOOT_ERROR_SIZE 512
struct netboot_error {
    int code;                      /* negative errno value */
    char text[NETBOOT_ERROR_SIZE]; /* one line: what, where, what to do */
};

/* ---- Architecture types ------------------------------------------------------------------------------------- */

/* IANA "Processor Architecture Types" (RFC 4578, RFC 5970): option 93 of DHCPv4, option 61 of DHCPv6. */
struct netboot_arch {
    uint16_t code;
    uint16_t platform; /* the lowest code of the same platform: 7, 9, 16 and 17 are all 7 */
    bool http;         /* the registry marks the code as "boot from HTTP" */
    const char *name;  /* as the registry describes it */
};

#define NETBOOT_ARCH_NONE 0xffff     /* the client named none */
#define NETBOOT_PLATFORM_NONE 0xffff /* no platform known for the client */

/* The row of `code`, NULL if the registry (0 to 41) does not have it. */
const struct netboot_arch *netboot_arch_find(unsigned code);
/* "x64-uefi" for any code of that platform; NULL for NETBOOT_PLATFORM_NONE and unknown numbers. */
const char *netboot_platform_name(unsigned platform);
/* The platform of that name (its lowest code), or -ENOENT. */
int netboot_platform_find(const char *name);

/* ---- Names and identifiers as text ---------------------------------------------------------------------------- */

enum netboot_family { NETBOOT_V4 = 4, NETBOOT_V6 = 6 };

#define NETBOOT_MAC_SIZE 6
#define NETBOOT_UUID_SIZE 16
#define NETBOOT_DUID_MAX 130 /* RFC 8415 and RFC 9915, section 11.1 */
#define NETBOOT_NAME_MAX 127
#define NETBOOT_NAME_DEFAULT "default" /* the target and the site of clients that have no other */

enum netboot_id_type { NETBOOT_ID_MAC = 'M', NETBOOT_ID_UUID = 'U', NETBOOT_ID_DUID = 'D', NETBOOT_ID_NAME = 'N' };

/* One identifier of a host. UUIDs are in network order, as RFC 9562 writes them. */
struct netboot_id {
    enum netboot_id_type type;
    uint8_t size;
    uint8_t value[NETBOOT_DUID_MAX];
};

#define NETBOOT_ID_TEXT_SIZE (3 * NETBOOT_DUID_MAX)

/* MACs and DUIDs with colons, UUIDs with hyphens, all in lower case. Returns `text`. */
const char *netboot_id_text(const struct netboot_id *id, char text[NETBOOT_ID_TEXT_SIZE]);

/* ---- The query: what a server hands in ------------------------------------------------------------------------ */

struct netboot_option {
    uint16_t code;
    struct netboot_bytes data; /* without code and length */
};

#define NETBOOT_QUERY_OPTIONS_MAX 16
#define NETBOOT_ADDRESS_SIZE 16 /* an IPv4 address is in the first four, the rest zero */

/* What becomes of a boot file that the server's own configuration put into its reply. */
enum netboot_existing_boot_file {
    NETBOOT_EXISTING_KEEP,    /* it stays, unless the store sets what this host boots */
    NETBOOT_EXISTING_REPLACE, /* ours replaces it */
    NETBOOT_EXISTING_REMOVE   /* ours replaces it; if there is none of ours, it is removed */
};
const char *netboot_existing_boot_file_name(enum netboot_existing_boot_file existing); /* "keep", "replace", "remove" */
int netboot_existing_boot_file_find(const char *name);                                 /* or -ENOENT */

/*
 * A structure that a caller fills begins with `size`; the caller sets it to the structure's sizeof. The library reads
 * only that many octets and takes members beyond them as zero. So a program works with a later library, and with an
 * earlier one, which ignores members that it does not know. -EINVAL: the size is not set.
 *
 * A structure that the library fills ends with room for later members. A structure that it passes to a callback may
 * grow at its end.
 */

/* Begin one with netboot_query_init(), or `{.size = sizeof(query), .family = ...}`. */
struct netboot_query {
    size_t size;
    enum netboot_family family;
    uint8_t message_type; /* of the client's: option 53 (0: BOOTP) or msg-type, inside of any relay messages */
    uint8_t reply_type;   /* the same of the server's reply */
    uint32_t transaction; /* xid or transaction-id; 0: unknown */

    /* DHCPv4 */
    uint8_t hardware_type;                 /* htype */
    struct netboot_bytes hardware_address; /* chaddr, hlen octets */
    /* DHCPv6; all zero or empty: absent */
    struct netboot_bytes link_layer_address;    /* option 79 (RFC 6939), only of the relay nearest the client */
    uint8_t peer_address[NETBOOT_ADDRESS_SIZE]; /* the client's source address, or the nearest relay's peer-address */

    /* Where the client is: the first address that is set finds the site. All zero: absent. */
    uint8_t assigned_address[NETBOOT_ADDRESS_SIZE];  /* yiaddr of the reply; the first IA address of the reply */
    uint8_t client_address[NETBOOT_ADDRESS_SIZE];    /* ciaddr */
    uint8_t relay_address[NETBOOT_ADDRESS_SIZE];     /* giaddr; link-address of the nearest relay that has one */
    uint8_t interface_address[NETBOOT_ADDRESS_SIZE]; /* of the interface that received the packet */

    bool reply_has_boot_file; /* the server's own configuration put `file`, option 67 or option 59 in */
    enum netboot_existing_boot_file existing_boot_file; /* the operator's setting for that */

    unsigned option_count; /* of the client's own options; see netboot_query_add() */
    struct netboot_option options[NETBOOT_QUERY_OPTIONS_MAX];
};

/* A query in which everything is absent. */
static inline void netboot_query_init(struct netboot_query *query, enum netboot_family family)
{
    memset(query, 0, offsetof(struct netboot_query, options));
    query->size = sizeof(*query);
    query->family = family;
}

/* The codes of the client's options that hold facts, ended by 0. A server need not hand in any other. */
const uint16_t *netboot_query_options(enum netboot_family family);
/* Adds one of the client's options. Options that are not wanted are ignored, and so are options without room; the first
 * option of each wanted code always has room. In DHCPv6, add each instance of an option; in DHCPv4, join the parts of
 * an option first (RFC 3396). */
void netboot_query_add(struct netboot_query *query, uint16_t code, const void *data, size_t size);

/* ---- Client facts ------------------------------------------------------------------------------------------- */

enum netboot_stage {
    NETBOOT_STAGE_NONE, /* an ordinary client */
    NETBOOT_STAGE_PXE,  /* firmware that loads by TFTP */
    NETBOOT_STAGE_HTTP, /* firmware that loads by HTTP */
    NETBOOT_STAGE_IPXE
};

struct netboot_client {
    enum netboot_family family;
    enum netboot_stage stage;
    uint16_t arch;     /* the first known type of the client's list, else its first; or NETBOOT_ARCH_NONE */
    uint16_t platform; /* NETBOOT_PLATFORM_NONE: the architecture type is not known */
    bool bootp;        /* not DHCP: the answer has no room for options */
    bool has_mac;
    bool has_uuid;
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint8_t uuid[NETBOOT_UUID_SIZE];       /* network order */
    struct netboot_bytes duid;             /* empty where absent; points into the query's packet */
    struct netboot_bytes requested;        /* option 55 (octets) or the ORO (16 bit); points into the query's packet */
    uint8_t address[NETBOOT_ADDRESS_SIZE]; /* all zero where absent */
    uint64_t reserved[8];
};

/* Whether this is a boot client, by its options alone. If not, netboot_serve() changes nothing, and a server need not
 * fill the rest of the query. */
bool netboot_query_boots(const struct netboot_query *query);
/* Reads the facts. Malformed options are ignored one by one, so this cannot fail. */
void netboot_client_parse(const struct netboot_query *query, struct netboot_client *ret);
/* Whether the client's option 55 or ORO names `code`. */
bool netboot_client_requested(const struct netboot_client *client, uint16_t code);
/* "none", "PXE", "HTTP", "iPXE"; NULL for any other number. */
const char *netboot_stage_name(enum netboot_stage stage);

/* ---- Decision ----------------------------------------------------------------------------------------------- */

/* What became of the host's boot-once, docs/boot-once.md. */
enum netboot_armed {
    NETBOOT_ARMED_NONE,    /* there is none */
    NETBOOT_ARMED_SERVED,  /* `target` is its target */
    NETBOOT_ARMED_MISSING, /* its target is not in the store. From here on `target` is the regular target */
    NETBOOT_ARMED_KIND,    /* its target is of a kind whose boots cannot be counted */
    NETBOOT_ARMED_UNABLE,  /* its target has nothing that this client can load */
    NETBOOT_ARMED_EXPIRED,
    NETBOOT_ARMED_USED,    /* this is a later boot */
    NETBOOT_ARMED_RENEWAL, /* the client renews its lease; it does not boot */
    NETBOOT_ARMED_UNMARKED /* the mark could not be written */
};
const char *netboot_armed_name(enum netboot_armed armed); /* "none", "served", ..., "unmarked" */

enum netboot_outcome {
    NETBOOT_NOT_OURS,     /* no boot client, or no reply that carries boot fields: nothing changes */
    NETBOOT_KEPT,         /* the server's own boot file stays: nothing changes */
    NETBOOT_IGNORED,      /* the target says so, or there is no target: nothing changes */
    NETBOOT_NO_BOOT_FILE, /* nothing that this client can load: nothing changes, or own_file_goes */
    NETBOOT_SILENT,       /* boot fields are removed */
    NETBOOT_ANSWERED      /* boot fields are set */
};
const char *netboot_outcome_name(enum netboot_outcome outcome); /* "not-ours", ..., "answered" */

/* Where a boot file may come from, in the order of the rules. */
enum netboot_source {
    NETBOOT_SOURCE_NONE,
    NETBOOT_SOURCE_TARGET_SCRIPT,
    NETBOOT_SOURCE_TARGET_FILE,
    NETBOOT_SOURCE_HOST_LOADER,
    NETBOOT_SOURCE_LOADER
};
/* "none", "target-script", "target-file", "host-loader", "loader" */
const char *netboot_source_name(enum netboot_source source);

/* What the rules of the decision find; netboot_reason_text() says it in words. */
enum netboot_finding {
    NETBOOT_FINDING_NO_BOOT_MESSAGE,
    NETBOOT_FINDING_NO_BOOT_CLIENT,
    NETBOOT_FINDING_STAGE,
    NETBOOT_FINDING_HOST,
    NETBOOT_FINDING_NO_HOST,
    NETBOOT_FINDING_KEPT,
    NETBOOT_FINDING_REPLACED,
    NETBOOT_FINDING_TARGET_ONCE,
    NETBOOT_FINDING_ONCE_MISSING,
    NETBOOT_FINDING_ONCE_KIND,
    NETBOOT_FINDING_ONCE_UNABLE,
    NETBOOT_FINDING_ONCE_EXPIRED,
    NETBOOT_FINDING_ONCE_USED,
    NETBOOT_FINDING_ONCE_RENEWAL,
    NETBOOT_FINDING_ONCE_UNMARKED,
    NETBOOT_FINDING_TARGET_OF_HOST,
    NETBOOT_FINDING_TARGET_DEFAULT,
    NETBOOT_FINDING_TARGET_MISSING,
    NETBOOT_FINDING_NO_TARGET,
    NETBOOT_FINDING_IGNORE,
    NETBOOT_FINDING_SILENT,
    NETBOOT_FINDING_LOCAL,
    NETBOOT_FINDING_SITE,
    NETBOOT_FINDING_SITE_DEFAULT,
    NETBOOT_FINDING_NO_SITE,
    NETBOOT_FINDING_NO_PLATFORM,
    /* About one source of a boot file: */
    NETBOOT_FINDING_ABSENT,
    NETBOOT_FINDING_NO_TFTP,
    NETBOOT_FINDING_NO_HTTP,
    NETBOOT_FINDING_NO_BASE,
    NETBOOT_FINDING_SCHEME,
    NETBOOT_FINDING_URL,
    NETBOOT_FINDING_FAMILY,
    NETBOOT_FINDING_NO_VALUE,
    NETBOOT_FINDING_TOO_LONG,
    NETBOOT_FINDING_TAKEN,
    /* about the decision as a whole again */
    NETBOOT_FINDING_NOTHING,
    NETBOOT_FINDING_JOINED,
    NETBOOT_FINDING_REMOVED
};

struct netboot_reason {
    uint8_t finding; /* enum netboot_finding */
    uint8_t source;  /* enum netboot_source, if the finding is about one */
};

#define NETBOOT_REASONS_MAX 16
#define NETBOOT_FILE_SIZE 1024
struct netboot_decision {
    enum netboot_outcome outcome;
    enum netboot_source source; /* where boot_file came from */
    bool host_found;
    enum netboot_armed armed; /* what became of the host's boot-once */
    bool has_next_server;
    bool vendor_class;  /* the answer echoes HTTPClient */
    bool own_file_goes; /* NETBOOT_NO_BOOT_FILE: the server's own boot file is removed */
    uint8_t next_server[4];
    uint16_t boot_file_size;         /* octets without the NUL; 0 where there is none */
    char host[NETBOOT_ID_TEXT_SIZE]; /* its name, else its first MAC or other identifier; "" where there is none */
    char target[NETBOOT_NAME_MAX + 1];
    char site[NETBOOT_NAME_MAX + 1];
    char tftp_server_name[256];        /* for option 66; "" where there is none */
    char boot_file[NETBOOT_FILE_SIZE]; /* the name or URL that goes out */
    unsigned reason_count;
    struct netboot_reason reasons[NETBOOT_REASONS_MAX];
    uint64_t reserved[32];
};

#define NETBOOT_REASON_SIZE 640
/* Reason number `index` as one line for people. Returns `text`, or NULL past the last one. */
const char *netboot_reason_text(const struct netboot_client *client, const struct netboot_decision *decision,
                                unsigned index, char text[NETBOOT_REASON_SIZE]);

/* ---- Answer ------------------------------------------------------------------------------------------------- */

/* Fields of the DHCPv4 header that an edit can name beside the option codes. */
enum { NETBOOT_FIELD_SIADDR = 0x10000, NETBOOT_FIELD_SNAME, NETBOOT_FIELD_FILE };

/* One change to the server's reply: set the option or field to `data`, or remove it (a header field: zero it). An
 * option that is set is sent whether or not the client asked for it. SIADDR is 4 octets; FILE at most 127, no NUL. */
struct netboot_edit {
    uint32_t field; /* an option code, or a NETBOOT_FIELD_ */
    bool remove;
    struct netboot_bytes data; /* points into the decision or at constants */
};

#define NETBOOT_EDITS_MAX 16
struct netboot_answer {
    unsigned edit_count; /* 0: the reply stays byte for byte as it is */
    struct netboot_edit edits[NETBOOT_EDITS_MAX];
    uint64_t ticket; /* other than 0: it is the target of a boot-once, see netboot_sent() */
    uint64_t reserved[7];
};

/* Pure. The edits point into `decision`. */
void netboot_answer_encode(const struct netboot_client *client, const struct netboot_decision *decision,
                           struct netboot_answer *ret);

/* ---- The targets store ---------------------------------------------------------------------------------------- */

struct netboot_store;

#define NETBOOT_DEFAULT_DIRECTORY "/var/lib/netboot"

struct netboot_store_options {
    size_t size;          /* sizeof of the structure */
    size_t map_size;      /* initial size of the map in octets; 0: the default. The map grows as needed */
    unsigned readers;     /* simultaneous look-ups of this process; 0: the default of 128 */
    bool follow;          /* for servers: a thread opens the store once it exists, opens it again after it was replaced,
                             and clears dead readers; no packet waits for that. netboot_store_open() then succeeds
                             without a store */
    const char *server;   /* the server's name in boot-once and the journal; NULL: the name of the program */
    unsigned question_ms; /* that a packet of an armed host waits for netbootd at most; 0: 100 */
    bool journal;         /* for servers: what netboot_serve() answers goes to netbootd, which keeps the journal */
    bool join;         /* joins identifiers: takes a client with only a UUID for the machine whose MAC the journal has
                          seen with it, see docs/journal.md; needs `journal` */
    size_t check_most; /* for a program that ends soon: a database with more octets than this is opened without the
                          check of its pages; damage may then end the program. 0, or `follow`: always checked */
};

/*
 * Opens the targets store below `directory` for reading and, where permissions allow, writing. One handle per
 * process and store (-EBUSY for a second); not to be used after fork (-ECHILD from every call there).
 *
 * The file is checked before it is mapped (size, LMDB's magic and version), all its pages before they are read, then
 * the store's format. -ENOENT: there is no store; -EACCES; -EROFS: it could only be opened without locks; -EBADMSG: it
 * is cut short, damaged, or no store; -ENOTSUP: a newer format; -EAGAIN: a process of another PID namespace holds
 * locks; -EINVAL.
 */
int netboot_store_open(const char *directory, const struct netboot_store_options *options, struct netboot_store **ret,
                       struct netboot_error *error);
/* Waits for look-ups under way, stops the thread, unmaps. NULL is fine. In a forked child it only frees memory. */
void netboot_store_close(struct netboot_store *store);

enum netboot_event {
    NETBOOT_EVENT_NONE, /* nothing changed since the last call */
    NETBOOT_EVENT_USABLE,
    NETBOOT_EVENT_UNUSABLE,
    NETBOOT_EVENT_LOST /* only of the journal: records were lost */
};

/* For a server's log. USABLE: the store became usable; UNUSABLE: it became unusable, `error` says why and what to do.
 * The state after opening counts as a change. Any thread may call this; one caller gets each change. Costs one atomic
 * load if nothing changed. */
enum netboot_event netboot_store_event(struct netboot_store *store, struct netboot_error *error);

/* What netboot_serve() finds for one packet. */
struct netboot_result {
    struct netboot_client client;
    struct netboot_decision decision;
    struct netboot_answer answer;
};

/*
 * The packet path: facts, look-up, decision, answer. On a negative errno value the store could not be read, and the
 * answer has no edits: send the reply as it is. -EAGAIN: there is no store, or it cannot be read at the moment. Nothing
 * in `ret` points into the store. Members `reserved` are not written.
 */
int netboot_serve(struct netboot_store *store, const struct netboot_query *query, struct netboot_result *ret);

/*
 * Whether a reply with the edits of that answer leaves, for an answer with a ticket; nothing is done for any other.
 * `sent` false, where the edits could not be carried out or the reply is not sent after all: the host stays armed. A
 * server that says nothing has sent it. No lock, and no waiting.
 */
void netboot_sent(struct netboot_store *store, const struct netboot_result *result, bool sent);

/* For a server's statistics: the records that this handle put where netbootd takes them for the journal, and those that
 * were lost, as netbootd was not there, took them too slowly, or died before. One or two atomic loads. */
uint64_t netboot_journal_written(const struct netboot_store *store);
uint64_t netboot_journal_dropped(const struct netboot_store *store);

/* The same for netbootd, without which nothing is armed and no journal is kept. USABLE: it is connected; UNUSABLE: it
 * is not; LOST, at most once a minute: records of the journal were lost. `error` says what, why and what to do. */
enum netboot_event netboot_daemon_event(struct netboot_store *store, struct netboot_error *error);

#ifdef __cplusplus
}
#endif
#endif
