/*  options_test.c: options of every form, and secrets that leave argv. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scripts/commands/command.h"
#include "scripts/commands/number.h"
#include "scripts/commands/options.h"
#include "storage/vault.h"

#include <stdio.h>
#include <string.h>

static const char *name;
static bool flag;
static char secret[VAULT_TEXT_MAX];

static int parse (size_t most, int argc, char **argv, size_t *count_p)
{
    const option_t list[] = {
        {.name = "--name", .value = "N", .help = "", .text = &name},
        {.name = "--flag", .help = "", .flag = &flag},
        {.name = "--secret", .value = "S", .help = "", .secret = secret},
        {0},
    };
    const options_t options = {
        .command = "x", .arguments = "", .about = "", .options = list, .positionals_max = most};
    name = NULL;
    flag = false;
    *secret = '\0';
    return options_parse (&options, argc, argv, count_p);
}

static void both_forms_of_values_and_positionals (void **state)
{
    (void) state;
    char *argv[] = {"x", "one", "--name", "n", "--flag", "two", "--", "--three", NULL};
    size_t count = 0;
    assert_int_equal (parse (3, 8, argv, &count), 0);
    assert_int_equal (count, 3);
    assert_string_equal (argv[1], "one");
    assert_string_equal (argv[2], "two");
    assert_string_equal (argv[3], "--three");
    assert_string_equal (name, "n");
    assert_true (flag);
    char *equals[] = {"x", "--name=a=b", NULL};
    assert_int_equal (parse (0, 2, equals, &count), 0);
    assert_string_equal (name, "a=b");
}

static void a_secret_leaves_argv (void **state)
{
    (void) state;
    char apart[] = "HIDDEN1";
    char joined[] = "--secret=HIDDEN2";
    char *one[] = {"x", "--secret", apart, NULL};
    char *two[] = {"x", joined, NULL};
    assert_int_equal (parse (0, 3, one, NULL), 0);
    assert_string_equal (secret, "HIDDEN1");
    assert_string_equal (apart, "*******");
    assert_int_equal (parse (0, 2, two, NULL), 0);
    assert_string_equal (secret, "HIDDEN2");
    assert_string_equal (joined, "--secret=*******");
}

static void mistakes_are_usage (void **state)
{
    (void) state;
    char *unknown[] = {"x", "--nome", "n", NULL};
    char *no_value[] = {"x", "--name", NULL};
    char *flag_value[] = {"x", "--flag=1", NULL};
    char *too_many[] = {"x", "one", "two", NULL};
    char *empty[] = {"x", "--secret=", NULL};
    size_t count = 0;
    assert_int_equal (parse (0, 3, unknown, &count), EXIT_USAGE);
    assert_int_equal (parse (0, 2, no_value, &count), EXIT_USAGE);
    assert_int_equal (parse (0, 2, flag_value, &count), EXIT_USAGE);
    assert_int_equal (parse (1, 3, too_many, &count), EXIT_USAGE);
    assert_int_equal (parse (1, 2, empty, &count), EXIT_USAGE);
}

static void numbers_are_digits_in_range (void **state)
{
    (void) state;
    uint64_t value = 5;
    assert_int_equal (number_parse ("0", 0, 9, &value), 0);
    assert_int_equal (value, 0);
    assert_int_equal (number_parse ("18446744073709551615", 0, UINT64_MAX, &value), 0);
    assert_true (value == UINT64_MAX);
    assert_int_equal (number_parse ("18446744073709551616", 0, UINT64_MAX, &value), -ERR_RANGE);
    assert_int_equal (number_parse ("10", 0, 9, &value), -ERR_RANGE);
    assert_int_equal (number_parse ("-1", 0, 9, &value), -ERR_RANGE);
    assert_int_equal (number_parse ("", 0, 9, &value), -ERR_RANGE);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (both_forms_of_values_and_positionals),
        cmocka_unit_test (a_secret_leaves_argv),
        cmocka_unit_test (mistakes_are_usage),
        cmocka_unit_test (numbers_are_digits_in_range),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
