/*  fixed_test.c: amounts: rounding, 128-bit intermediates, limits, text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages/error.h"
#include "messages/fixed.h"

#include <string.h>

static int64_t mul_div (int64_t a, int64_t b, int64_t c, rounding_t rounding)
{
    int64_t result = 0;
    assert_int_equal (fixed_mul_div (a, b, c, rounding, &result), 0);
    return result;
}

static void test_products_round_as_asked (void **state)
{
    static const struct {
        int64_t a, b, c, down, up, half_even;
    } cases[] = {
        {7, 1, 2, 3, 4, 4},
        {5, 1, 2, 2, 3, 2},
        {-7, 1, 2, -3, -4, -4},
        {-5, 1, 2, -2, -3, -2},
        {7, 1, -2, -3, -4, -4},
        {-7, 1, -2, 3, 4, 4},
        {6, 1, 2, 3, 3, 3},
        {1, 1, 3, 0, 1, 0},
        {2, 1, 3, 0, 1, 1},
        {-1, 1, 3, 0, -1, 0},
        {-2, 1, 3, 0, -1, -1},
        {0, 5, 7, 0, 0, 0},
        {1, 1, -2, 0, -1, 0},
        {3, 1, -2, -1, -2, -2},
        {1, 3, 2, 1, 2, 2},
        {1, 1, INT64_MIN, 0, -1, 0},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal (mul_div (cases[i].a, cases[i].b, cases[i].c, ROUND_DOWN), cases[i].down);
        assert_int_equal (mul_div (cases[i].a, cases[i].b, cases[i].c, ROUND_UP), cases[i].up);
        assert_int_equal (mul_div (cases[i].a, cases[i].b, cases[i].c, ROUND_HALF_EVEN), cases[i].half_even);
    }
}

static void test_intermediates_have_128_bits (void **state)
{
    (void) state;
    assert_int_equal (mul_div (INT64_MAX, INT64_MAX, INT64_MAX, ROUND_UP), INT64_MAX);
    assert_int_equal (mul_div (INT64_MIN, INT64_MIN, INT64_MIN, ROUND_UP), INT64_MIN);
    assert_int_equal (mul_div (INT64_MIN, INT64_MAX, INT64_MAX, ROUND_DOWN), INT64_MIN);
    /*  9 billion shares at rate 0.5 */
    assert_int_equal (
        mul_div (9000000000 * FIXED_ONE, FIXED_ONE / 2, FIXED_ONE, ROUND_DOWN), 4500000000 * FIXED_ONE);
    /*  equity 1/3 of the master's: 10 shares become 3.333333333 */
    assert_int_equal (
        mul_div (10 * FIXED_ONE, 100000 * FIXED_ONE, 300000 * FIXED_ONE, ROUND_DOWN), 3333333333);
}

static void test_what_does_not_fit_is_an_error (void **state)
{
    int64_t result = 77;
    (void) state;
    assert_int_equal (fixed_mul_div (1, 1, 0, ROUND_DOWN, &result), -ERR_RANGE);
    assert_int_equal (fixed_mul_div (INT64_MAX, 2, 1, ROUND_DOWN, &result), -ERR_RANGE);
    assert_int_equal (fixed_mul_div (INT64_MIN, 1, -1, ROUND_DOWN, &result), -ERR_RANGE);
    assert_int_equal (fixed_mul_div (INT64_MIN, INT64_MIN, 1, ROUND_DOWN, &result), -ERR_RANGE);
    /*  2^64 - 1 halves to INT64_MAX and a bit: rounding up is what overflows */
    assert_int_equal (fixed_mul_div (INT64_MAX, 3, 3, ROUND_UP, &result), 0);
    assert_int_equal (result, INT64_MAX);
    result = 77;
    assert_int_equal (fixed_mul_div (INT64_C (6148914691236517205), 3, 2, ROUND_UP, &result), -ERR_RANGE);
    assert_int_equal (fixed_add (INT64_MAX, 1, &result), -ERR_RANGE);
    assert_int_equal (fixed_sub (INT64_MIN, 1, &result), -ERR_RANGE);
    assert_int_equal (fixed_sub (0, INT64_MIN, &result), -ERR_RANGE);
    assert_int_equal (result, 77);
    assert_int_equal (fixed_add (INT64_MAX, INT64_MIN, &result), 0);
    assert_int_equal (result, -1);
    assert_int_equal (fixed_sub (INT64_MIN, INT64_MIN, &result), 0);
    assert_int_equal (result, 0);
}

static void test_floor_goes_toward_zero (void **state)
{
    (void) state;
    assert_int_equal (fixed_floor_to (1999999999, FIXED_ONE), FIXED_ONE);
    assert_int_equal (fixed_floor_to (-1999999999, FIXED_ONE), -FIXED_ONE);
    assert_int_equal (fixed_floor_to (123456789, 10000000), 120000000);
    assert_int_equal (fixed_floor_to (FIXED_ONE, FIXED_ONE), FIXED_ONE);
    assert_int_equal (fixed_floor_to (0, 3), 0);
}

static void test_text_becomes_a_number (void **state)
{
    static const struct {
        const char *text;
        int rc, rc_rounded;
        int64_t value;
    } cases[] = {
        {"0", 0, 0, 0},
        {"-0", 0, 0, 0},
        {"12", 0, 0, 12000000000},
        {"10.5", 0, 0, 10500000000},
        {"-0.000000001", 0, 0, -1},
        {"007.10", 0, 0, 7100000000},
        {"1.1234567890000", 0, 0, 1123456789},
        {"1.1234567891", -ERR_RANGE, 0, 1123456789},
        {"-1.9999999999", -ERR_RANGE, 0, -1999999999},
        {"9223372036.854775807", 0, 0, INT64_MAX},
        {"-9223372036.854775808", 0, 0, INT64_MIN},
        {"9223372036.8547758079", -ERR_RANGE, 0, INT64_MAX},
        {"9223372036.854775808", -ERR_RANGE, -ERR_RANGE, 0},
        {"-9223372036.854775809", -ERR_RANGE, -ERR_RANGE, 0},
        {"9223372037", -ERR_RANGE, -ERR_RANGE, 0},
        {"99999999999999999999999999", -ERR_RANGE, -ERR_RANGE, 0},
        {"", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"-", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"+1", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {".5", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"5.", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"1e3", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"1.5e3", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {" 1", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"1 ", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"1,5", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"1.2.3", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"NaN", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"--1", -ERR_SYNTAX, -ERR_SYNTAX, 0},
        {"0x10", -ERR_SYNTAX, -ERR_SYNTAX, 0},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 77;
        assert_int_equal (fixed_parse (cases[i].text, strlen (cases[i].text), &value), cases[i].rc);
        assert_int_equal (value, cases[i].rc == 0 ? cases[i].value : 77);
        value = 77;
        assert_int_equal (
            fixed_parse_rounded (cases[i].text, strlen (cases[i].text), &value), cases[i].rc_rounded);
        assert_int_equal (value, cases[i].rc_rounded == 0 ? cases[i].value : 77);
    }
}

static void test_only_the_given_bytes_are_read (void **state)
{
    int64_t value = 0;
    (void) state;
    assert_int_equal (fixed_parse ("12345", 2, &value), 0);
    assert_int_equal (value, 12000000000);
    assert_int_equal (fixed_parse ("1\0", 2, &value), -ERR_SYNTAX);
}

static void assert_format (int64_t value_e9, const char *expected)
{
    char text[FIXED_TEXT_MAX];
    assert_int_equal (fixed_format (value_e9, text), strlen (expected));
    assert_string_equal (text, expected);
}

static void test_numbers_become_the_shortest_text (void **state)
{
    (void) state;
    assert_format (0, "0");
    assert_format (10500000000, "10.5");
    assert_format (3000000000, "3");
    assert_format (100000000000, "100");
    assert_format (-1, "-0.000000001");
    assert_format (INT64_MAX, "9223372036.854775807");
    assert_format (INT64_MIN, "-9223372036.854775808");
}

static void test_round_trips (void **state)
{
    uint64_t number = 88172645463325252;
    (void) state;
    for (int i = 0; i < 20000; i++) {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        int64_t value = (int64_t) number >> (i % 64), again = 0;
        char text[FIXED_TEXT_MAX];
        size_t length = fixed_format (value, text);
        assert_int_equal (length, strlen (text));
        assert_int_equal (fixed_parse (text, length, &again), 0);
        assert_true (again == value);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_products_round_as_asked),
        cmocka_unit_test (test_intermediates_have_128_bits),
        cmocka_unit_test (test_what_does_not_fit_is_an_error),
        cmocka_unit_test (test_floor_goes_toward_zero),
        cmocka_unit_test (test_text_becomes_a_number),
        cmocka_unit_test (test_only_the_given_bytes_are_read),
        cmocka_unit_test (test_numbers_become_the_shortest_text),
        cmocka_unit_test (test_round_trips),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
