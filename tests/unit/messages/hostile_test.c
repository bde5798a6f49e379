/*  hostile_test.c: bytes from outside that are wrong in one place, in many, or everywhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/messages/pattern.h"
#include "tests/unit/messages/wire.h"

#include <string.h>

#define SEED 4

static message_t message, decoded;
static uint8_t bytes[2 * MESSAGE_BYTES_MAX];

/*  few entries: edited it must still be below MESSAGE_BYTES_MAX */
static void fill (message_kind_t kind)
{
    pattern_fill (&message, kind, PATTERN_MIXED, SEED);
    if (kind == MSG_COPY_RESULT) {
        assert_true (message.copy_result.outcomes_count > 2);
        message.copy_result.outcomes_count = 2;
    }
}

static int decode_edited (const wire_edit_t *edit, problem_t *problem)
{
    size_t size = wire_encode (&message, edit, bytes, sizeof bytes);
    memset (problem, 0, sizeof *problem);
    memset (&decoded, 0x5A, sizeof decoded);
    return message_decode (message.kind, bytes, size, &decoded, problem);
}

static void assert_value (const char *path, const void *value, size_t size, int code)
{
    problem_t problem;
    wire_edit_t edit = {WIRE_VALUE, path, value, size};
    assert_int_equal (decode_edited (&edit, &problem), -code);
    if (code == 0)
        return;
    assert_int_equal (problem.code, code);
    assert_string_equal (problem.where, path);
    assert_true (problem.detail[0] != 0);
}

#define ASSERT_VALUE(path, literal, code) assert_value (path, literal, sizeof (literal) - 1, code)

/*  big-endian after its first byte */
static void assert_number (const char *path, uint8_t first, uint64_t value, int code)
{
    uint8_t wire[9] = {first};
    for (int i = 0; i < 8; i++)
        wire[1 + i] = (uint8_t) (value >> (56 - 8 * i));
    assert_value (path, wire, sizeof wire, code);
}

static void try_i64 (const field_t *field, const char *path)
{
    assert_number (path, 0xCF, UINT64_MAX, ERR_RANGE);
    assert_number (path, 0xCF, (uint64_t) INT64_MAX + 1, ERR_RANGE);
    assert_number (path, 0xD3, (uint64_t) INT64_MIN, field->min > INT64_MIN ? ERR_RANGE : 0);
    assert_number (path, 0xCF, INT64_MAX, field->max < INT64_MAX ? ERR_RANGE : 0);
    assert_number (path, 0xD3, (uint64_t) field->max, 0); /*  a wide form of a good number is a number */
    if (field->min > INT64_MIN)
        assert_number (path, 0xD3, (uint64_t) (field->min - 1), ERR_RANGE);
    if (field->max < INT64_MAX)
        assert_number (path, 0xCF, (uint64_t) (field->max + 1), ERR_RANGE);
    assert_number (path, 0xCB, 0x3FF0000000000000, ERR_TYPE); /*  1.0 */
    ASSERT_VALUE (path,
        "\xA1"
        "1",
        ERR_TYPE);
}

static void try_text (const field_t *field, const char *path)
{
    static uint8_t wire[70000];
    size_t size = field->bound + 1;
    wire[0] = 0xDA;
    wire[1] = (uint8_t) (size >> 8);
    wire[2] = (uint8_t) size;
    memset (wire + 3, 'a', size);
    assert_value (path, wire, 3 + size, ERR_RANGE);
    ASSERT_VALUE (path,
        "\xA3"
        "a\0b",
        ERR_SYNTAX);
    ASSERT_VALUE (path, "\xA1\xFF", ERR_SYNTAX);
    ASSERT_VALUE (path, "\xA2\xC0\x80", ERR_SYNTAX);         /*  overlong NUL */
    ASSERT_VALUE (path, "\xA3\xED\xA0\x80", ERR_SYNTAX);     /*  surrogate */
    ASSERT_VALUE (path, "\xA4\xF4\x90\x80\x80", ERR_SYNTAX); /*  beyond U+10FFFF */
    ASSERT_VALUE (path, "\xA2\xE2\x82", ERR_SYNTAX);         /*  cut */
    ASSERT_VALUE (path,
        "\xC4\x01"
        "a",
        ERR_TYPE);
    ASSERT_VALUE (path, "\x07", ERR_TYPE);
    ASSERT_VALUE (path, "\xA0", 0);
}

static void try_bytes (const field_t *field, const char *path)
{
    static uint8_t wire[70000];
    size_t size = field->bound + 1;
    wire[0] = 0xC5;
    wire[1] = (uint8_t) (size >> 8);
    wire[2] = (uint8_t) size;
    assert_value (path, wire, 3 + size, ERR_RANGE);
    ASSERT_VALUE (path,
        "\xA1"
        "a",
        ERR_TYPE);
    ASSERT_VALUE (path, "\xC4\x00", 0);
}

static void try_list (const field_t *field, const char *path)
{
    static uint8_t wire[70000];
    size_t size = field->bound + 1;
    wire[0] = 0xDC;
    wire[1] = (uint8_t) (size >> 8);
    wire[2] = (uint8_t) size;
    memset (wire + 3, 0x80, size); /*  empty maps */
    assert_value (path, wire, 3 + size, ERR_RANGE);
    ASSERT_VALUE (path, "\x80", ERR_TYPE);
    ASSERT_VALUE (path, "\x90", 0);
}

/*  What the field's own type refuses; nil, and a map or text where none belongs, by every type. */
static void try_field (message_kind_t kind, const field_t *field, void *owner, const char *path)
{
    problem_t problem;
    wire_edit_t drop = {WIRE_DROP, path, NULL, 0}, twice = {WIRE_TWICE, path, NULL, 0};
    (void) kind;
    (void) owner;
    assert_int_equal (decode_edited (&drop, &problem), -ERR_MISSING);
    assert_string_equal (problem.where, path);
    assert_int_equal (decode_edited (&twice, &problem), -ERR_SYNTAX);
    assert_string_equal (problem.where, path);
    ASSERT_VALUE (path, "\xC0", ERR_TYPE);
    switch ((field_type_t) field->type) {
    case FIELD_I64: try_i64 (field, path); break;
    case FIELD_U64:
        assert_number (path, 0xCF, UINT64_MAX, 0);
        assert_number (path, 0xD3, (uint64_t) -1, ERR_RANGE);
        assert_number (path, 0xCB, 0x3FF0000000000000, ERR_TYPE);
        break;
    case FIELD_BOOL: ASSERT_VALUE (path, "\x01", ERR_TYPE); break;
    case FIELD_TEXT: try_text (field, path); break;
    case FIELD_BYTES: try_bytes (field, path); break;
    case FIELD_ENUM:
        ASSERT_VALUE (path, "\xA0", ERR_RANGE);
        ASSERT_VALUE (path, "\x00", ERR_TYPE);
        break;
    case FIELD_RECORD: ASSERT_VALUE (path, "\x90", ERR_TYPE); break;
    case FIELD_LIST: try_list (field, path); break;
    }
}

static void test_every_field_is_checked_on_the_way_in (void **state)
{
    (void) state;
    for (int kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        fill ((message_kind_t) kind);
        wire_each_field (&message, try_field);
    }
}

static void test_unknown_keys_are_ignored (void **state)
{
    static const char *const values[] = {
        "\x07", "\xA3new", "\x92\x07\xC3", "\xC4\x01z", "\xD4\x01z", "\xCA\x3F\x80\x40\x40"};
    static const char *const paths[] = {"copy.result", "copy.result.outcomes[0]"};
    problem_t problem;
    (void) state;
    fill (MSG_COPY_RESULT);
    for (size_t i = 0; i < 2 * sizeof values / sizeof values[0]; i++) {
        const char *value = values[i / 2];
        wire_edit_t edit = {WIRE_ADD, paths[i % 2], (const uint8_t *) value, strlen (value)};
        assert_int_equal (decode_edited (&edit, &problem), 0);
        assert_true (pattern_same (&message, &decoded));
    }
}

static void test_every_cut_is_refused (void **state)
{
    (void) state;
    for (int kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        size_t size = 0;
        fill ((message_kind_t) kind);
        assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal (
                message_decode ((message_kind_t) kind, bytes, cut, &decoded, NULL), -ERR_SYNTAX);
        bytes[size] = 0xC0;
        assert_int_equal (
            message_decode ((message_kind_t) kind, bytes, size + 1, &decoded, NULL), -ERR_SYNTAX);
    }
}

static void test_what_is_not_a_map_is_refused (void **state)
{
    static const struct {
        const char *wire;
        size_t size;
        int code;
    } cases[] = {
        {"\x90", 1, ERR_TYPE}, {"\xC0", 1, ERR_TYPE}, {"\x80", 1, ERR_MISSING},
        {"\x81\x01\x02", 3, ERR_TYPE}, /*  a key that is no text */
        {"\x81\xC4\x01x\x02", 5, ERR_TYPE}, {"\xC1", 1, ERR_SYNTAX}, {"", 0, ERR_SYNTAX},
        {"\xDF\xFF\xFF\xFF\xFF", 5, ERR_SYNTAX}, /*  four billion pairs announced */
        {"\xDD\xFF\xFF\xFF\xFF", 5, ERR_SYNTAX}, {"\x81\xA1k\xDD\x7F\xFF\xFF\xFF\x00", 9, ERR_SYNTAX},
        {"\x81\xA1k\x91\x91\x91\x91\x91\x01", 9, ERR_SYNTAX}, /*  too deep */
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        problem_t problem = {0};
        const uint8_t *wire = (const uint8_t *) cases[i].wire;
        assert_int_equal (
            message_decode (MSG_SHARD_READY, wire, cases[i].size, &decoded, &problem), -cases[i].code);
        assert_int_equal (strncmp (problem.where, "shard.ready", strlen ("shard.ready")), 0);
    }
}

static void test_too_large_is_refused_unread (void **state)
{
    (void) state;
    memset (bytes, 0x90, sizeof bytes);
    assert_int_equal (
        message_decode (MSG_LOG_LINE, bytes, MESSAGE_BYTES_MAX + 1, &decoded, NULL), -ERR_RANGE);
}

/*  Whatever decodes after a mutation is a message that passes its check and comes back. */
static void test_mutations_are_refused_or_valid (void **state)
{
    uint64_t random = 42, accepted = 0, refused = 0;
    (void) state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t size = 0, again = 0;
        message_kind_t kind = (message_kind_t) (1 + round % (MSG_COUNT - 1));
        pattern_fill (&message, kind, kind == MSG_COPY_RESULT ? PATTERN_SMALL : PATTERN_MIXED, round);
        assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
        for (uint64_t i = 0; i <= pattern_random (&random) % 3; i++)
            bytes[pattern_random (&random) % size] = (uint8_t) pattern_random (&random);
        if (message_decode (kind, bytes, size, &decoded, NULL) != 0) {
            refused++;
            continue;
        }
        accepted++;
        assert_int_equal (message_encode (&decoded, bytes, sizeof bytes, &again), 0);
        assert_int_equal (message_decode (kind, bytes, again, &message, NULL), 0);
        assert_true (pattern_same (&decoded, &message));
    }
    assert_true (accepted > 100 && refused > 100);
}

/*  Texts are looked at eight bytes at a time: what is wrong is found wherever in such a piece it stands, and a letter of two
 *  bytes may lie across two of them. */
static void test_a_fault_is_found_at_every_byte_of_a_text (void **state)
{
    (void) state;
    for (size_t size = 1; size <= 20; size++) {
        char text[20];
        for (size_t at = 0; at < size; at++) {
            memset (text, 'a', sizeof text);
            assert_null (text_fault (text, size));
            text[at] = '\0';
            assert_string_equal (text_fault (text, size), "holds a NUL");
            text[at] = '\xFF';
            assert_string_equal (text_fault (text, size), "is not UTF-8");
            if (at + 1 == size)
                continue;
            memcpy (text + at, "\xC3\xA9", 2);
            assert_null (text_fault (text, size));
        }
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_every_field_is_checked_on_the_way_in),
        cmocka_unit_test (test_a_fault_is_found_at_every_byte_of_a_text),
        cmocka_unit_test (test_unknown_keys_are_ignored),
        cmocka_unit_test (test_every_cut_is_refused),
        cmocka_unit_test (test_what_is_not_a_map_is_refused),
        cmocka_unit_test (test_too_large_is_refused_unread),
        cmocka_unit_test (test_mutations_are_refused_or_valid),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
