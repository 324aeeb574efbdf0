/* SPDX-License-Identifier: MPL-2.0 */
/* Answers to decisions written by hand: the edits of a reply. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#define LONG_128                                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxx"                                                                                                             \
    "xxxxxxxxxxxx"
#define LONG_127 (&LONG_128[1])

#define PXE NETBOOT_STAGE_PXE
#define HTTP NETBOOT_STAGE_HTTP

static const uint8_t tftp4[] = {192, 0, 2, 1};

static const struct netboot_edit *edit_of(const struct netboot_answer *answer, uint32_t field)
{
    for (unsigned i = 0; i < answer->edit_count; i++)
        if (answer->edits[i].field == field)
            return &answer->edits[i];
    return NULL;
}

/* What an edit does, as text: "" untouched, "-" removed, else its octets. */
static void check_edit(const struct netboot_answer *answer, uint32_t field, const char *expected, size_t size)
{
    const struct netboot_edit *edit = edit_of(answer, field);

    if (!expected) {
        assert_null(edit);
        return;
    }
    assert_non_null(edit);
    assert_int_equal(edit->remove, strcmp(expected, "-") == 0);
    if (edit->remove)
        return;
    assert_int_equal(edit->data.size, size);
    assert_memory_equal(edit->data.data, expected, size);
}

#define CHECK(field, literal) check_edit(&answer, field, literal, (literal) ? strlen((literal) ? (literal) : "") : 0)

static const struct {
    const char *name;
    const char *requested;
    enum netboot_stage stage;
    const char *boot_file, *server_name;
    bool has_next_server;
    const char *file, *o66, *o67, *o60, *sname;
} answers4[] = {
    {"nothing asked",          "\1\3",     PXE,  "ipxe.efi",   "192.0.2.1",    true,  "ipxe.efi",   "-",            "-",          NULL,         "-" },
    {"both asked",             "\x42\x43", PXE,  "ipxe.efi",   "192.0.2.1",    true,  "ipxe.efi",   "192.0.2.1",    "ipxe.efi",   NULL,         "-" },
    {"too long for the field", "\1",       PXE,  LONG_128,     "192.0.2.1",    true,  "-",          "-",            LONG_128,     NULL,         "-" },
    {"as long as the field",   "\1",       PXE,  LONG_127,     "192.0.2.1",    true,  LONG_127,     "-",            "-",          NULL,         "-" },
    {"a server by name",       "\1",       PXE,  "x",          "boot.example", true,  "x",          "boot.example", "x",          NULL,         "-" },
    {"HTTP",                   "\x42\x43", HTTP, "http://h/x", "",             false, "http://h/x", "-",            "http://h/x", "HTTPClient", NULL},
    {"HTTP, nothing asked",    "\1",       HTTP, "http://h/x", "",             false, "http://h/x", "-",            "-",          "HTTPClient", NULL},
};

static void answers_in_dhcpv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers4); i++) {
        struct netboot_client client = {
            .family = NETBOOT_V4, .stage = answers4[i].stage, .requested = bytes_of(answers4[i].requested)};
        struct netboot_decision decision = {.outcome = NETBOOT_ANSWERED,
                                            .has_next_server = answers4[i].has_next_server,
                                            .vendor_class = answers4[i].stage == HTTP};
        struct netboot_answer answer;
        bool by_name = strcmp(answers4[i].server_name, "boot.example") == 0;
        print_message("%s\n", answers4[i].name);
        if (!by_name)
            memcpy(decision.next_server, tftp4, 4);
        strcpy(decision.boot_file, answers4[i].boot_file);
        decision.boot_file_size = (uint16_t)strlen(answers4[i].boot_file);
        strcpy(decision.tftp_server_name, answers4[i].server_name);
        netboot_answer_encode(&client, &decision, &answer);
        check_edit(&answer, NETBOOT_FIELD_SIADDR,
                   answers4[i].has_next_server ? (by_name ? "\0\0\0\0" : (const char *)tftp4) : NULL, 4);
        CHECK(NETBOOT_FIELD_SNAME, answers4[i].sname);
        CHECK(NETBOOT_FIELD_FILE, answers4[i].file);
        CHECK(66, answers4[i].o66);
        CHECK(67, answers4[i].o67);
        CHECK(60, answers4[i].o60);
        assert_true(answer.edit_count <= NETBOOT_EDITS_MAX);
    }
}

static void answers_in_dhcpv6(void **state)
{
    static const char class[] = "\0\0\1\x57\0\x0aHTTPClient";
    struct netboot_client client = {.family = NETBOOT_V6, .stage = HTTP};
    struct netboot_decision decision = {
        .outcome = NETBOOT_ANSWERED, .vendor_class = true, .boot_file = "http://[::1]/x", .boot_file_size = 14};
    struct netboot_answer answer;

    (void)state;
    netboot_answer_encode(&client, &decision, &answer);
    CHECK(59, "http://[::1]/x");
    CHECK(60, "-");
    check_edit(&answer, 16, class, 16);
    decision.vendor_class = false;
    client.stage = PXE;
    netboot_answer_encode(&client, &decision, &answer);
    CHECK(16, NULL);
    CHECK(59, "http://[::1]/x");
}

/* iPXE may have a script of its own, which asks for the next server. */
static void the_own_file_goes_alone(void **state)
{
    struct netboot_client client = {.family = NETBOOT_V4, .stage = HTTP};
    struct netboot_decision decision = {.outcome = NETBOOT_NO_BOOT_FILE};
    struct netboot_answer answer;

    (void)state;
    netboot_answer_encode(&client, &decision, &answer);
    assert_int_equal(answer.edit_count, 0);
    decision.own_file_goes = true;
    netboot_answer_encode(&client, &decision, &answer);
    assert_int_equal(answer.edit_count, 2);
    CHECK(NETBOOT_FIELD_FILE, "-");
    CHECK(67, "-");
    client.family = NETBOOT_V6;
    netboot_answer_encode(&client, &decision, &answer);
    assert_int_equal(answer.edit_count, 2);
    CHECK(59, "-");
    CHECK(60, "-");
}

static void silence_removes_every_boot_field(void **state)
{
    static const uint32_t fields4[] = {NETBOOT_FIELD_SIADDR, NETBOOT_FIELD_SNAME, NETBOOT_FIELD_FILE, 66, 67};
    struct netboot_client client = {.family = NETBOOT_V4, .stage = PXE};
    struct netboot_decision decision = {.outcome = NETBOOT_SILENT};
    struct netboot_answer answer;

    (void)state;
    netboot_answer_encode(&client, &decision, &answer);
    assert_int_equal(answer.edit_count, COUNT(fields4));
    for (size_t i = 0; i < COUNT(fields4); i++)
        CHECK(fields4[i], "-");
    client.stage = HTTP;
    netboot_answer_encode(&client, &decision, &answer);
    CHECK(60, "-");
    client.family = NETBOOT_V6;
    netboot_answer_encode(&client, &decision, &answer);
    assert_int_equal(answer.edit_count, 3);
    CHECK(59, "-");
    CHECK(60, "-");
    CHECK(16, "-");
}

static void other_outcomes_change_nothing(void **state)
{
    static const enum netboot_outcome outcomes[] = {NETBOOT_NOT_OURS, NETBOOT_KEPT, NETBOOT_IGNORED,
                                                    NETBOOT_NO_BOOT_FILE};

    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        for (size_t i = 0; i < COUNT(outcomes); i++) {
            struct netboot_client client = {.family = (enum netboot_family)family, .stage = HTTP};
            struct netboot_decision decision = {.outcome = outcomes[i], .boot_file = "x", .boot_file_size = 1};
            struct netboot_answer answer = {.edit_count = 7};
            netboot_answer_encode(&client, &decision, &answer);
            assert_int_equal(answer.edit_count, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_dhcpv4),
        cmocka_unit_test(answers_in_dhcpv6),
        cmocka_unit_test(the_own_file_goes_alone),
        cmocka_unit_test(silence_removes_every_boot_field),
        cmocka_unit_test(other_outcomes_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
