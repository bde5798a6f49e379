/*  curve_settings.c: see curve_settings.h. */
#include "actors/host/curve_settings.h"
#include "messages/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_tcp (const char *endpoint)
{
    return strncmp (endpoint, "tcp://", 6) == 0;
}

static bool one_is_loopback (const char *endpoint)
{
    char host[WIRE_ENDPOINT_MAX];
    struct in_addr address;
    if (!is_tcp (endpoint))
        return true;
    endpoint += 6;
    const char *colon = strrchr (endpoint, ':');
    size_t length = colon ? (size_t) (colon - endpoint) : strlen (endpoint);
    (void) snprintf (host, sizeof host, "%.*s", (int) length, endpoint);
    if (strcmp (host, "localhost") == 0 || strcmp (host, "[::1]") == 0)
        return true;
    return inet_pton (AF_INET, host, &address) == 1 && ntohl (address.s_addr) >> 24 == 127;
}

bool curve_is_loopback (const char *endpoint)
{
    char list[WIRE_ENDPOINT_MAX];
    char *rest = list;
    const char *one;
    assert (endpoint);
    if (strlen (endpoint) >= sizeof list)
        return false;
    TEXT_SET (list, endpoint);
    while ((one = strtok_r (rest, ",", &rest)))
        if (!one_is_loopback (one))
            return false;
    return true;
}

/*  ---- which files ---- */

static bool has_keys (const settings_t *settings)
{
    return *settings_text (settings, SETTING_CURVE_DIR) ||
           *settings_text (settings, SETTING_CURVE_SECRET_FILE);
}

/*  DIR/secret/NAME.key_secret if there is one, else that of the role. */
static int pick_secret (char path[CERTIFICATE_PATH_MAX], const char *directory, const char *name,
    const char *role, problem_t *problem)
{
    int rc = certificate_secret_path (path, directory, name, problem);
    if (rc == 0 && access (path, F_OK) != 0)
        rc = certificate_secret_path (path, directory, role, problem);
    return rc;
}

static int load (
    curve_t **self_p, const settings_t *settings, const char *name, const char *role, problem_t *problem)
{
    char secret[CERTIFICATE_PATH_MAX];
    char directory[CERTIFICATE_PATH_MAX];
    const char *given = settings_text (settings, SETTING_CURVE_DIR);
    if (!*given)
        return curve_new (self_p, name, settings_text (settings, SETTING_CURVE_SECRET_FILE),
            settings_text (settings, SETTING_CURVE_PUBLIC_DIR), problem);
    int rc = pick_secret (secret, given, name, role, problem);
    (void) snprintf (directory, sizeof directory, "%s/public", given);
    return rc == 0 ? curve_new (self_p, name, secret, directory, problem) : rc;
}

/*  ---- who needs them ---- */

static int refuse (const char *endpoint, problem_t *problem)
{
    return problem_set (problem, ERR_SETTING, endpoint,
        "is reached from other machines and there are no keys: set CURVE_DIR, or CURVE_SECRET_FILE and "
        "CURVE_PUBLIC_DIR, to certificates of `trade-copier keygen --actors`");
}

/*  Where an actor listens or connects. Returns how many of the endpoints are tcp; *far_p: one beyond this machine. */
static int look_at_endpoints (const settings_t *settings, const topology_t *topology,
    const topology_actor_t *actor, char far[WIRE_ENDPOINT_MAX])
{
    char endpoint[WIRE_ENDPOINT_MAX];
    int count = 0;
    far[0] = '\0';
    for (int spot = SPOT_DISPATCHER; spot <= SPOT_TAP; spot++) {
        (void) topology_endpoint (topology, (topology_spot_t) spot, endpoint);
        count += is_tcp (endpoint);
        if (!curve_is_loopback (endpoint))
            memcpy (far, endpoint, sizeof endpoint);
    }
    if (actor->role != ROLE_TAP || !settings_bool (settings, SETTING_ENABLE_TAP))
        return count;
    TEXT_SET (endpoint, settings_text (settings, SETTING_TAP_ENDPOINT));
    count += is_tcp (endpoint) + (settings_int (settings, SETTING_TAP_PORT) > 0);
    if (!curve_is_loopback (endpoint))
        memcpy (far, endpoint, sizeof endpoint);
    return count;
}

int curve_of_actor (curve_t **self_p, const settings_t *settings, const topology_t *topology,
    const topology_actor_t *actor, problem_t *problem)
{
    char far[WIRE_ENDPOINT_MAX];
    assert (self_p && settings && topology && actor);
    *self_p = NULL;
    if (look_at_endpoints (settings, topology, actor, far) == 0)
        return 0;
    if (!has_keys (settings))
        return *far ? refuse (far, problem) : 0;
    int rc = load (self_p, settings, actor->name, role_text (actor->role), problem);
    if (rc == 0 && actor->role != ROLE_TAP)
        rc = curve_expect (*self_p, CERTIFICATE_TAP, NULL, problem);
    if (rc == 0 && actor->role != ROLE_TAP && actor->role != ROLE_DISPATCHER)
        rc = curve_expect (*self_p, CERTIFICATE_DISPATCHER, NULL, problem);
    if (rc != 0)
        curve_destroy (self_p);
    return rc;
}

int curve_check_all (const settings_t *settings, const topology_t *topology, problem_t *problem)
{
    int rc = 0;
    for (size_t n = 0; n < topology->count && rc == 0; n++) {
        curve_t *curve = NULL;
        rc = curve_of_actor (&curve, settings, topology, &topology->actors[n], problem);
        curve_destroy (&curve);
    }
    return rc;
}

int curve_of_reader (curve_t **self_p, const settings_t *settings, const char *endpoint, problem_t *problem)
{
    assert (self_p && settings && endpoint);
    *self_p = NULL;
    if (!is_tcp (endpoint))
        return 0;
    if (has_keys (settings))
        return load (self_p, settings, "monitor", "monitor", problem);
    return curve_is_loopback (endpoint) ? 0 : refuse (endpoint, problem);
}
