/*  scan_test.c: every form of msgpack, whole, cut and too deep. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages/scan.h"

#include <string.h>

/*  the head of each form, and how many bytes its body has */
static const struct {
    const char *head;
    size_t head_size, body;
} forms[] = {
    {"\x00", 1, 0},
    {"\x7F", 1, 0},
    {"\xE0", 1, 0},
    {"\xFF", 1, 0},
    {"\x80", 1, 0},
    {"\x90", 1, 0},
    {"\xA0", 1, 0},
    {"\xBF", 1, 31},
    {"\xC0", 1, 0},
    {"\xC2", 1, 0},
    {"\xC3", 1, 0},
    {"\xC4\x03", 2, 3},
    {"\xC5\x00\x03", 3, 3},
    {"\xC6\0\0\0\x03", 5, 3},
    {"\xC7\x03", 2, 4},
    {"\xC8\x00\x03", 3, 4},
    {"\xC9\0\0\0\x03", 5, 4},
    {"\xCA", 1, 4},
    {"\xCB", 1, 8},
    {"\xCC", 1, 1},
    {"\xCD", 1, 2},
    {"\xCE", 1, 4},
    {"\xCF", 1, 8},
    {"\xD0", 1, 1},
    {"\xD1", 1, 2},
    {"\xD2", 1, 4},
    {"\xD3", 1, 8},
    {"\xD4", 1, 2},
    {"\xD5", 1, 3},
    {"\xD6", 1, 5},
    {"\xD7", 1, 9},
    {"\xD8", 1, 17},
    {"\xD9\x03", 2, 3},
    {"\xDA\x00\x03", 3, 3},
    {"\xDB\0\0\0\x03", 5, 3},
    {"\xDC\x00\x03", 3, 3},
    {"\xDD\0\0\0\x03", 5, 3},
    {"\xDE\x00\x02", 3, 4},
    {"\xDF\0\0\0\x02", 5, 4},
    {"\x93", 1, 3},
    {"\x82", 1, 4},
};

static void test_every_form_has_its_length (void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        uint8_t wire[64] = {0};
        size_t size = forms[i].head_size + forms[i].body;
        memcpy (wire, forms[i].head, forms[i].head_size);
        assert_null (scan_fault (wire, size));
        assert_non_null (scan_fault (wire, size + 1));
        for (size_t cut = 0; cut < size; cut++)
            assert_non_null (scan_fault (wire, cut));
    }
}

static void test_depth_is_bounded (void **state)
{
    uint8_t wire[100000];
    (void) state;
    memset (wire, 0x91, sizeof wire);
    for (size_t depth = 1; depth < 10; depth++) {
        wire[depth] = 0x01;
        if (depth <= SCAN_DEPTH_MAX)
            assert_null (scan_fault (wire, depth + 1));
        else
            assert_non_null (scan_fault (wire, depth + 1));
        wire[depth] = 0x91;
    }
    assert_non_null (scan_fault (wire, sizeof wire));
}

static void test_announced_entries_must_be_there (void **state)
{
    (void) state;
    assert_non_null (scan_fault ((const uint8_t *) "\xDF\xFF\xFF\xFF\xFF\x01\x01", 7));
    assert_non_null (scan_fault ((const uint8_t *) "\xDB\xFF\xFF\xFF\xFFzz", 7));
    assert_non_null (scan_fault ((const uint8_t *) "\xC9\xFF\xFF\xFF\xFFzz", 7));
    assert_non_null (scan_fault ((const uint8_t *) "\xC1", 1));
    assert_non_null (scan_fault ((const uint8_t *) "\x92\x01\xC1", 3));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_every_form_has_its_length),
        cmocka_unit_test (test_depth_is_bounded),
        cmocka_unit_test (test_announced_entries_must_be_there),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
