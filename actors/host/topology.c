/*  topology.c: reads the file and says where each socket is. */
#include "actors/host/topology.h"
#include "messages/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  So that all endpoints fit into WIRE_ENDPOINT_MAX: "tcp://" and a comma more each. */
#define PLACES_TEXT_MAX (WIRE_ENDPOINT_MAX - 8 * TOPOLOGY_PLACES_MAX)

static const char *const s_roles[ROLE_COUNT] = {
    "tap", "alert", "audit", "dispatcher", "executor", "listener", "gateway"};
static const char *const s_transports[] = {"ipc", "inproc", "tcp"};

const char *role_text (role_t role)
{
    assert (role < ROLE_COUNT);
    return s_roles[role];
}

int topology_stop_rank (role_t role)
{
    static const int ranks[ROLE_COUNT] = {[ROLE_LISTENER] = 0,
        [ROLE_GATEWAY] = 0,
        [ROLE_EXECUTOR] = 1,
        [ROLE_DISPATCHER] = 2,
        [ROLE_AUDIT] = 3,
        [ROLE_ALERT] = 4,
        [ROLE_TAP] = 5};
    assert (role < ROLE_COUNT);
    return ranks[role];
}

const topology_actor_t *topology_find (const topology_t *self, const char *name)
{
    assert (self && name);
    for (size_t n = 0; n < self->count; n++)
        if (strcmp (self->actors[n].name, name) == 0)
            return &self->actors[n];
    return NULL;
}

static bool name_is_good (const char *name)
{
    size_t length = strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return length > 0 && name[length] == '\0' && length < ACTOR_NAME_MAX;
}

static int add (
    topology_t *self, const char *name, role_t role, int processor, const char *where, problem_t *problem)
{
    topology_actor_t *actor;
    if (!name_is_good (name))
        return problem_set (
            problem, ERR_SYNTAX, where, "'%.40s' is no name for an actor: letters, digits, - _ .", name);
    if (self->count == TOPOLOGY_ACTORS_MAX)
        return problem_set (problem, ERR_RANGE, where, "more than %d actors", TOPOLOGY_ACTORS_MAX);
    if (topology_find (self, name))
        return problem_set (problem, ERR_EXISTS, where, "there is an actor %s already", name);
    /*  the others are found by their role's name: the address of a message to them */
    if (role != ROLE_EXECUTOR && strcmp (name, role_text (role)) != 0)
        return problem_set (
            problem, ERR_RANGE, where, "the %s must be called %s", role_text (role), role_text (role));
    actor = &self->actors[self->count++];
    TEXT_SET (actor->name, name);
    actor->role = role;
    actor->processor = processor;
    return 0;
}

const topology_actor_t *topology_admit (topology_t *self, const char *name, problem_t *problem)
{
    assert (self && name);
    const topology_actor_t *named = topology_find (self, name);
    if (named && named->role == ROLE_EXECUTOR)
        return named;
    if (!named && !self->any_executor)
        (void) problem_set (problem, ERR_NOT_FOUND, name,
            "there is no such actor in the topology, nor does it say: actor * executor");
    else if (add (self, name, ROLE_EXECUTOR, -1, "--name", problem) == 0)
        return &self->actors[self->count - 1];
    return NULL;
}

static int parse_actor (topology_t *self, char *words, const char *where, problem_t *problem)
{
    char *rest = words;
    const char *name = strtok_r (rest, " \t", &rest);
    const char *role_word = strtok_r (rest, " \t", &rest);
    const char *processor_word = strtok_r (rest, " \t", &rest);
    long processor = -1;
    int role;
    if (!name || !role_word || strtok_r (rest, " \t", &rest))
        return problem_set (problem, ERR_SYNTAX, where, "expected: actor NAME ROLE [processor]");
    for (role = 0; role < ROLE_COUNT; role++)
        if (strcmp (role_word, s_roles[role]) == 0)
            break;
    if (role == ROLE_COUNT)
        return problem_set (problem, ERR_SYNTAX, where,
            "'%.40s' is no role: tap, alert, audit, dispatcher, executor, listener, gateway", role_word);
    if (strcmp (name, "*") == 0) {
        if (role != ROLE_EXECUTOR || processor_word)
            return problem_set (
                problem, ERR_SYNTAX, where, "any name is for executors, on any processor: actor * executor");
        self->any_executor = true;
        return 0;
    }
    if (processor_word) {
        char *end;
        processor = strtol (processor_word, &end, 10);
        if (*end || processor < 0 || processor > 1023)
            return problem_set (
                problem, ERR_RANGE, where, "'%.40s' is no processor: 0 … 1023", processor_word);
    }
    return add (self, name, (role_t) role, (int) processor, where, problem);
}

static int share (topology_t *self, char *names, const char *where, problem_t *problem)
{
    char *rest = names;
    const char *name;
    int thread = ++self->threads;
    while ((name = strtok_r (rest, " \t", &rest))) {
        size_t at = 0;
        while (at < self->count && strcmp (self->actors[at].name, name) != 0)
            at++;
        if (at == self->count)
            return problem_set (problem, ERR_NOT_FOUND, where, "no actor '%.40s' before this line", name);
        if (self->actors[at].role == ROLE_TAP || self->actors[at].thread != 0)
            return problem_set (problem, ERR_RANGE, where,
                "%s cannot share this thread: the tap has its own, others one", name);
        self->actors[at].thread = thread;
    }
    return 0;
}

static int parse_place (
    char place[TOPOLOGY_BASE_MAX], const char *word, const char *value, const char *where, problem_t *problem)
{
    if (!value || strlen (value) >= TOPOLOGY_BASE_MAX - 16)
        return problem_set (problem, ERR_RANGE, where, "expected: %s PATH or HOST:PORT, at most %d bytes",
            word, TOPOLOGY_BASE_MAX - 17);
    (void) snprintf (place, TOPOLOGY_BASE_MAX, "%s", value);
    return 0;
}

/*  HOST:PORT,HOST:PORT,… the first is base itself. */
static int parse_base (topology_t *self, char *value, const char *where, problem_t *problem)
{
    char *rest = value;
    int rc =
        value && strlen (value) > PLACES_TEXT_MAX
            ? problem_set (problem, ERR_RANGE, where, "longer than %d bytes", PLACES_TEXT_MAX)
            : parse_place (self->base, "base", value ? strtok_r (rest, ",", &rest) : NULL, where, problem);
    memset (self->more, 0, sizeof self->more);
    char *place = rc == 0 ? strtok_r (rest, ",", &rest) : NULL;
    for (size_t n = 0; place && rc == 0; n++) {
        if (n == TOPOLOGY_PLACES_MAX - 1)
            return problem_set (
                problem, ERR_RANGE, where, "more than %d places for a dispatcher", TOPOLOGY_PLACES_MAX);
        rc = parse_place (self->more[n], "base", place, where, problem);
        place = strtok_r (rest, ",", &rest);
    }
    return rc;
}

static int parse_line (topology_t *self, char *line, const char *where, problem_t *problem)
{
    char *rest = line;
    const char *word;
    line[strcspn (line, "#\r")] = '\0';
    word = strtok_r (rest, " \t", &rest);
    if (!word)
        return 0;
    if (strcmp (word, "actor") == 0)
        return parse_actor (self, rest, where, problem);
    if (strcmp (word, "thread") == 0)
        return share (self, rest, where, problem);
    if (strcmp (word, "transport") == 0) {
        const char *value = strtok_r (rest, " \t", &rest);
        for (int n = 0; value && n < 3; n++)
            if (strcmp (value, s_transports[n]) == 0) {
                self->transport = (transport_t) n;
                return 0;
            }
        return problem_set (problem, ERR_SYNTAX, where, "expected: transport ipc, inproc or tcp");
    }
    if (strcmp (word, "base") == 0)
        return parse_base (self, strtok_r (rest, " \t", &rest), where, problem);
    if (strcmp (word, "tap") == 0)
        return parse_place (self->tap, word, strtok_r (rest, " \t", &rest), where, problem);
    return problem_set (
        problem, ERR_SYNTAX, where, "'%.40s': expected transport, base, tap, actor or thread", word);
}

static bool is_place (const char *text)
{
    const char *colon = strrchr (text, ':');
    char *end = NULL;
    long port = colon ? strtol (colon + 1, &end, 10) : 0;
    return colon != text && port >= 1 && port <= 65533 && *end == '\0';
}

static int check (const topology_t *self, const char *file, problem_t *problem)
{
    size_t counts[ROLE_COUNT] = {0};
    for (size_t n = 0; n < self->count; n++)
        counts[self->actors[n].role]++;
    counts[ROLE_EXECUTOR] += self->any_executor;
    for (int role = 0; role < ROLE_COUNT; role++)
        if (counts[role] == 0 && role != ROLE_GATEWAY)
            return problem_set (problem, ERR_MISSING, file, "no actor has the role %s", s_roles[role]);
    if (self->threads > 0 && self->transport != TRANSPORT_INPROC)
        return problem_set (problem, ERR_RANGE, file, "only actors of transport inproc share a thread");
    if (self->transport == TRANSPORT_TCP && !is_place (self->base))
        return problem_set (problem, ERR_MISSING, file, "transport tcp needs: base HOST:PORT (1 … 65533)");
    for (size_t n = 0; n < TOPOLOGY_PLACES_MAX - 1 && *self->more[n]; n++)
        if (self->transport != TRANSPORT_TCP || !is_place (self->more[n]))
            return problem_set (problem, ERR_RANGE, file,
                "expected: base HOST:PORT,HOST:PORT,… (1 … 65533), with transport tcp");
    if (*self->tap && (self->transport != TRANSPORT_TCP || !is_place (self->tap)))
        return problem_set (
            problem, ERR_RANGE, file, "expected: tap HOST:PORT (1 … 65533), with transport tcp");
    return 0;
}

int topology_parse (topology_t *self, const char *file, const char *text, problem_t *problem)
{
    char where[96];
    int number = 0;
    int rc = 0;
    assert (self && file && text);
    memset (self, 0, sizeof *self);
    while (*text && rc == 0) {
        char line[256];
        size_t size = strcspn (text, "\n");
        (void) snprintf (where, sizeof where, "%.80s:%d", file, ++number);
        if (size >= sizeof line)
            return problem_set (problem, ERR_RANGE, where, "longer than %zu bytes", sizeof line - 1);
        memcpy (line, text, size);
        line[size] = '\0';
        rc = parse_line (self, line, where, problem);
        text += size + (text[size] == '\n');
    }
    return rc == 0 ? check (self, file, problem) : rc;
}

static int built_in (topology_t *self, transport_t transport, int shards, bool gateway, problem_t *problem)
{
    int rc = 0;
    memset (self, 0, sizeof *self);
    self->transport = transport;
    for (int role = 0; role < ROLE_COUNT && rc == 0; role++) {
        if (role == ROLE_GATEWAY && !gateway)
            continue;
        if (role != ROLE_EXECUTOR) {
            rc = add (self, s_roles[role], (role_t) role, -1, "topology", problem);
            continue;
        }
        for (int n = 1; n <= shards && rc == 0; n++) {
            char name[ACTOR_NAME_MAX];
            (void) snprintf (name, sizeof name, "executor-%d", n);
            rc = add (self, name, ROLE_EXECUTOR, -1, "EXECUTOR_SHARDS", problem);
        }
    }
    if (rc == 0 && transport == TRANSPORT_INPROC) {
        char names[] = "dispatcher executor-1 listener"; /*  the way of a trade */
        rc = share (self, names, "topology", problem);
    }
    return rc;
}

int topology_load (topology_t *self, const char *name, int shards, bool gateway, problem_t *problem)
{
    char text[TOPOLOGY_FILE_MAX];
    FILE *file;
    size_t size;
    assert (self && name && shards > 0);
    if (strcmp (name, "local") == 0)
        return built_in (self, TRANSPORT_IPC, shards, gateway, problem);
    if (strcmp (name, "single") == 0)
        return built_in (self, TRANSPORT_INPROC, shards, gateway, problem);
    file = fopen (name, "re");
    if (!file)
        return problem_set (
            problem, ERR_NOT_FOUND, name, "%s: expected local, single or a topology file", strerror (errno));
    size = fread (text, 1, sizeof text, file);
    (void) fclose (file);
    if (size == sizeof text || memchr (text, '\0', size))
        return problem_set (problem, ERR_RANGE, name, "no topology file: longer than %d bytes or not text",
            TOPOLOGY_FILE_MAX - 1);
    text[size] = '\0';
    return topology_parse (self, name, text, problem);
}

/*  The n-th place of a spot; NULL = there are no more. */
static const char *nth_place (const topology_t *self, topology_spot_t spot, size_t n)
{
    if (n == 0)
        return spot != SPOT_DISPATCHER && *self->tap ? self->tap : self->base;
    bool there = spot == SPOT_DISPATCHER && n < TOPOLOGY_PLACES_MAX && *self->more[n - 1];
    return there ? self->more[n - 1] : NULL;
}

/*  Host and port of a spot: 3 ports from base on, or the tap's 2 from its own. Returns the port. */
static long tcp_place (
    const topology_t *self, topology_spot_t spot, const char *place, char host[TOPOLOGY_BASE_MAX])
{
    bool own = place == self->tap;
    const char *colon = strrchr (place, ':');
    assert (colon);
    (void) snprintf (host, TOPOLOGY_BASE_MAX, "%.*s", (int) (colon - place), place);
    return strtol (colon + 1, NULL, 10) + (own ? (long) spot - (long) SPOT_TAP_IN : (long) spot);
}

/*  One more endpoint to the list, unless it is there. */
static void append (char text[WIRE_ENDPOINT_MAX], const char *host, long port)
{
    char endpoint[TOPOLOGY_BASE_MAX + 16];
    size_t used = strlen (text);
    int size = snprintf (endpoint, sizeof endpoint, "tcp://%s:%ld", host, port);
    for (const char *at = text; (at = strstr (at, endpoint)); at++)
        if (at[size] == ',' || at[size] == '\0')
            return;
    (void) snprintf (text + used, WIRE_ENDPOINT_MAX - used, "%s%s", used ? "," : "", endpoint);
}

const char *topology_endpoint (const topology_t *self, topology_spot_t spot, char text[WIRE_ENDPOINT_MAX])
{
    static const char *const spots[] = {"dispatcher", "tap-in", "tap"};
    char host[TOPOLOGY_BASE_MAX];
    const char *place;
    assert (self && text && spot <= SPOT_TAP);
    switch (self->transport) {
    case TRANSPORT_IPC:
        (void) snprintf (text, WIRE_ENDPOINT_MAX, "ipc://%s/%s", self->base, spots[spot]);
        break;
    case TRANSPORT_INPROC:
        (void) snprintf (text, WIRE_ENDPOINT_MAX, "inproc://%s/%s", self->base, spots[spot]);
        break;
    case TRANSPORT_TCP:
        text[0] = '\0';
        for (size_t n = 0; (place = nth_place (self, spot, n)); n++) {
            long port = tcp_place (self, spot, place, host);
            append (text, host, port);
        }
        break;
    }
    return text;
}

static bool is_ours (const char *host)
{
    uv_interface_address_t *list = NULL;
    struct in_addr wanted;
    bool found = false;
    int count = 0;
    if (inet_pton (AF_INET, host, &wanted) != 1)
        return false;
    if ((ntohl (wanted.s_addr) >> 24) == 127)
        return true;
    if (uv_interface_addresses (&list, &count) != 0)
        return false;
    for (int n = 0; n < count; n++)
        found = found || (list[n].address.address4.sin_family == AF_INET &&
                             list[n].address.address4.sin_addr.s_addr == wanted.s_addr);
    uv_free_interface_addresses (list, count);
    return found;
}

const char *topology_bind_endpoint (
    const topology_t *self, topology_spot_t spot, char text[WIRE_ENDPOINT_MAX])
{
    char host[TOPOLOGY_BASE_MAX];
    const char *place;
    assert (self && text && spot <= SPOT_TAP);
    if (self->transport != TRANSPORT_TCP)
        return topology_endpoint (self, spot, text);
    text[0] = '\0';
    for (int ours = 1; ours >= 0 && !*text; ours--) /*  ours by their addresses, else whatever they are */
        for (size_t n = 0; (place = nth_place (self, spot, n)); n++) {
            long port = tcp_place (self, spot, place, host);
            if (strcmp (host, "localhost") == 0)
                (void) snprintf (host, sizeof host, "127.0.0.1");
            if (!ours || is_ours (host))
                append (text, ours ? host : "*", port);
        }
    return text;
}
