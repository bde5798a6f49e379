/*  Sealing, opening, keys' texts, and the pooled locked memory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/vault.h"
#include "storage/vault_arena.h"
#include "storage/vault_key.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ID "PKTESTTESTTESTTEST01"
#define SECRET "s3cretS3cretS3cretS3cretS3cretS3cretS3cr"

typedef struct {
    vault_t *vault;
    credentials_t *credentials;
    uint8_t sealed[VAULT_SEALED_MAX];
    size_t size;
} world_t;

static world_t world;

static int on_setup (void **state)
{
    char text[VAULT_KEY_TEXT_MAX];
    vault_keygen (text);
    assert_int_equal (strlen (text), 44);
    assert_int_equal (vault_new (&world.vault, text, NULL), 0);
    world.credentials = credentials_new ();
    assert_non_null (world.credentials);
    assert_int_equal (vault_seal (world.vault, "client-1", ID, SECRET, world.sealed, &world.size, NULL), 0);
    *state = &world;
    return 0;
}

static int on_teardown (void **state)
{
    (void) state;
    credentials_destroy (&world.credentials);
    vault_destroy (&world.vault);
    assert_null (world.vault);
    size_t slots = 1;
    size_t bytes = 1;
    arena_usage (&slots, &bytes);
    assert_int_equal (slots, 0);
    assert_int_equal (bytes, 0);
    return 0;
}

static int open_with (const world_t *self, const char *account, size_t size, problem_t *problem)
{
    return vault_open (self->vault, account, self->sealed, size, self->credentials, problem);
}

static void what_was_sealed_comes_back (void **state)
{
    world_t *self = *state;
    assert_int_equal (self->size, 1 + 4 + 24 + strlen (ID) + 1 + strlen (SECRET) + 16);
    assert_null (memmem (self->sealed, self->size, SECRET, 8));
    assert_null (memmem (self->sealed, self->size, ID, 8));
    assert_int_equal (open_with (self, "client-1", self->size, NULL), 0);
    assert_string_equal (self->credentials->key_id, ID);
    assert_string_equal (self->credentials->secret, SECRET);
}

static void the_same_sealed_twice_looks_different (void **state)
{
    world_t *self = *state;
    uint8_t again[VAULT_SEALED_MAX];
    size_t size = 0;
    assert_int_equal (vault_seal (self->vault, "client-1", ID, SECRET, again, &size, NULL), 0);
    assert_int_equal (size, self->size);
    assert_memory_not_equal (again + 5, self->sealed + 5, size - 5);
    assert_memory_equal (again, self->sealed, 5); /*  version and key id */
}

static void another_account_cannot_open_it (void **state)
{
    world_t *self = *state;
    problem_t problem = {0};
    assert_int_equal (open_with (self, "client-2", self->size, &problem), -ERR_KEY);
    assert_string_equal (problem.where, "client-2");
    assert_string_equal (self->credentials->secret, ""); /*  nothing is left behind */
}

static void another_key_is_named_by_its_id (void **state)
{
    world_t *self = *state;
    vault_t *other = NULL;
    char text[VAULT_KEY_TEXT_MAX];
    vault_keygen (text);
    assert_int_equal (vault_new (&other, text, NULL), 0);
    problem_t problem = {0};
    assert_int_equal (
        vault_open (other, "client-1", self->sealed, self->size, self->credentials, &problem), -ERR_KEY);
    char expected[128];
    (void) snprintf (expected, sizeof expected, "sealed with another key (id %08x, this one is %08x)",
        vault_key_id (self->vault), vault_key_id (other));
    assert_string_equal (problem.detail, expected);
    vault_destroy (&other);
}

static void every_changed_byte_is_noticed (void **state)
{
    world_t *self = *state;
    for (size_t i = 0; i < self->size; i++)
        for (int bit = 0; bit < 8; bit++) {
            self->sealed[i] ^= (uint8_t) (1U << bit);
            int result = open_with (self, "client-1", self->size, NULL);
            assert_int_equal (result, i == 0 ? -ERR_SYNTAX : -ERR_KEY);
            self->sealed[i] ^= (uint8_t) (1U << bit);
        }
    assert_int_equal (open_with (self, "client-1", self->size, NULL), 0);
}

static void every_cut_is_noticed (void **state)
{
    world_t *self = *state;
    for (size_t size = 0; size < self->size; size++) {
        int result = open_with (self, "client-1", size, NULL);
        assert_true (result == -ERR_SYNTAX || result == -ERR_KEY);
    }
    assert_int_equal (open_with (self, "client-1", VAULT_SEALED_MAX, NULL), -ERR_SYNTAX);
}

static void lengths_from_one_to_the_bound (void **state)
{
    world_t *self = *state;
    char text[VAULT_TEXT_MAX + 1];
    for (size_t length = 1; length < VAULT_TEXT_MAX; length += 19) {
        memset (text, 'k', sizeof text);
        text[length] = '\0';
        assert_int_equal (vault_seal (self->vault, "a", text, text, self->sealed, &self->size, NULL), 0);
        assert_int_equal (open_with (self, "a", self->size, NULL), 0);
        assert_string_equal (self->credentials->key_id, text);
        assert_string_equal (self->credentials->secret, text);
    }
    memset (text, 'k', sizeof text);
    text[VAULT_TEXT_MAX - 1] = '\0';
    assert_int_equal (vault_seal (self->vault, "a", text, text, self->sealed, &self->size, NULL), 0);
    assert_int_equal (open_with (self, "a", self->size, NULL), 0);
    assert_string_equal (self->credentials->secret, text);
    text[VAULT_TEXT_MAX - 1] = 'k';
    text[VAULT_TEXT_MAX] = '\0';
    assert_int_equal (vault_seal (self->vault, "a", text, "s", self->sealed, &self->size, NULL), -ERR_RANGE);
    assert_int_equal (vault_seal (self->vault, "a", "k", text, self->sealed, &self->size, NULL), -ERR_RANGE);
}

static void what_cannot_be_a_key_or_secret_is_refused (void **state)
{
    world_t *self = *state;
    problem_t problem = {0};
    assert_int_equal (
        vault_seal (self->vault, "a", "", "s", self->sealed, &self->size, &problem), -ERR_RANGE);
    assert_string_equal (problem.where, "key id");
    assert_int_equal (
        vault_seal (self->vault, "a", "k", "hidden word", self->sealed, &self->size, &problem), -ERR_RANGE);
    assert_string_equal (problem.where, "secret");
    assert_null (strstr (problem.detail, "hidden"));
    assert_int_equal (
        vault_seal (self->vault, "a", "k", "l\xc3\xa4", self->sealed, &self->size, NULL), -ERR_RANGE);
    assert_int_equal (
        vault_seal (self->vault, "", "k", "s", self->sealed, &self->size, &problem), -ERR_RANGE);
    assert_string_equal (problem.where, "account id");
}

static void a_keys_text_has_three_forms (void **state)
{
    (void) state;
    static const char *const same[] = {
        "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=",
        "+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=",
        "fbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbff",
        "FBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFFBFF \r\n",
    };
    uint8_t first[VAULT_KEY_BYTES];
    assert_int_equal (vault_key_parse (same[0], first, NULL), 0);
    for (size_t i = 1; i < sizeof same / sizeof same[0]; i++) {
        uint8_t key[VAULT_KEY_BYTES];
        assert_int_equal (vault_key_parse (same[i], key, NULL), 0);
        assert_memory_equal (key, first, sizeof key);
    }
}

static void what_is_not_a_key_is_not_repeated (void **state)
{
    (void) state;
    static const char *const wrong[] = {
        "",
        "password",
        "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8",  /*  without its = */
        "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_", /*  33 bytes */
        "+/+/+/+/+/+/+/+/+/+/-_-_-_-_-_-_-_-_-_-_-_8=", /*  two alphabets */
        "xbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbff",
        " fbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbffbf",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        vault_t *vault = NULL;
        problem_t problem = {0};
        assert_int_equal (vault_new (&vault, wrong[i], &problem), -ERR_SETTING);
        assert_null (vault);
        assert_string_equal (problem.where, "ENCRYPTION_KEY");
        if (wrong[i][0])
            assert_null (strstr (problem.detail, wrong[i]));
    }
}

static void thousands_of_credentials_share_few_pages (void **state)
{
    (void) state;
    enum { COUNT = 2000 };
    static credentials_t *all[COUNT];
    for (int i = 0; i < COUNT; i++) {
        all[i] = credentials_new ();
        assert_non_null (all[i]);
        (void) snprintf (all[i]->secret, sizeof all[i]->secret, "secret %d", i);
    }
    size_t slots = 0;
    size_t bytes = 0;
    arena_usage (&slots, &bytes);
    assert_int_equal (slots, COUNT + 1);
    assert_in_range (bytes, COUNT * sizeof (credentials_t), (size_t) 900 * 1024);
    for (int i = 0; i < COUNT; i += 2) /*  every other goes: its slot comes again, the neighbours stay */
        credentials_destroy (&all[i]);
    for (int i = 0; i < COUNT; i += 2) {
        all[i] = credentials_new ();
        assert_string_equal (all[i]->secret, ""); /*  wiped */
    }
    for (int i = 1; i < COUNT; i += 2) {
        char expected[32];
        (void) snprintf (expected, sizeof expected, "secret %d", i);
        assert_string_equal (all[i]->secret, expected);
    }
    for (int i = 0; i < COUNT; i++) {
        credentials_destroy (&all[i]);
        assert_null (all[i]);
    }
}

/*  A shard's thread in the single-process topology: takes, opens, gives back; returns how often it was wrong. */
static void *on_thread (void *argument)
{
    const world_t *self = argument;
    uintptr_t wrong = 0;
    for (int i = 0; i < 300; i++) {
        credentials_t *credentials = credentials_new ();
        if (!credentials ||
            vault_open (self->vault, "client-1", self->sealed, self->size, credentials, NULL) != 0 ||
            strcmp (credentials->secret, SECRET) != 0)
            wrong++;
        credentials_destroy (&credentials);
    }
    return (void *) wrong;
}

static void four_threads_share_one_vault_and_arena (void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal (pthread_create (&threads[i], NULL, on_thread, *state), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        assert_int_equal (pthread_join (threads[i], &wrong), 0);
        assert_null (wrong);
    }
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, on_setup, on_teardown)
    const struct CMUnitTest tests[] = {
        story (what_was_sealed_comes_back),
        story (the_same_sealed_twice_looks_different),
        story (another_account_cannot_open_it),
        story (another_key_is_named_by_its_id),
        story (every_changed_byte_is_noticed),
        story (every_cut_is_noticed),
        story (lengths_from_one_to_the_bound),
        story (what_cannot_be_a_key_or_secret_is_refused),
        story (a_keys_text_has_three_forms),
        story (what_is_not_a_key_is_not_repeated),
        story (thousands_of_credentials_share_few_pages),
        story (four_threads_share_one_vault_and_arena),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
