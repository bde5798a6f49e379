/*  keys.c: see keys.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void keys_make_one (const char *directory, const char *name)
{
    problem_t problem = {0};
    if (certificate_make (directory, name, true, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
}

void keys_make (const char *directory)
{
    for (int role = 0; role < CERTIFICATE_ROLES; role++)
        keys_make_one (directory, certificate_role_text ((certificate_role_t) role));
}

curve_t *keys_of (const char *directory, const char *name, const char *label)
{
    char secret[CERTIFICATE_PATH_MAX];
    char public[CERTIFICATE_PATH_MAX];
    problem_t problem = {0};
    curve_t *curve = NULL;
    assert_int_equal (certificate_secret_path (secret, directory, label, &problem), 0);
    (void) snprintf (public, sizeof public, "%s/public", directory);
    if (curve_new (&curve, name, secret, public, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    return curve;
}

void keys_public (const char *directory, const char *label, char key[CERTIFICATE_TEXT])
{
    char public[CERTIFICATE_PATH_MAX];
    certificate_t certificate;
    (void) snprintf (public, sizeof public, "%s/public", directory);
    assert_true (certificate_name (&certificate, label));
    assert_int_equal (certificate_load_public (&certificate, public, NULL), 0);
    memcpy (key, certificate.key, CERTIFICATE_TEXT);
}

void keys_give (zsock_t *socket, const char *directory, const char *label, const char *server)
{
    char path[CERTIFICATE_PATH_MAX];
    char key[CERTIFICATE_TEXT];
    char secret[CERTIFICATE_TEXT];
    char pin[CERTIFICATE_TEXT];
    if (label) {
        assert_int_equal (certificate_secret_path (path, directory, label, NULL), 0);
        assert_int_equal (certificate_load_secret (path, key, secret, NULL), 0);
    } else
        assert_int_equal (zmq_curve_keypair (key, secret), 0);
    keys_public (directory, server, pin);
    zsock_set_curve_publickey (socket, key);
    zsock_set_curve_secretkey (socket, secret);
    zsock_set_curve_serverkey (socket, pin);
}

void keys_delete_public (const char *directory, const char *label)
{
    char path[CERTIFICATE_PATH_MAX];
    assert_int_equal (certificate_public_path (path, directory, label, NULL), 0);
    assert_int_equal (unlink (path), 0);
}

uint64_t keys_refused (curve_t *curve, curve_door_t door, refusal_t reason)
{
    curve_counts_t counts;
    curve_counts (curve, door, &counts);
    return counts.refused[reason];
}
