/*  wire_peer.c: see wire_peer.h. */
#include "actors/host/wire_peer.h"

#include "actors/host/wire_socket.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

peer_t *wire_peer_find (peer_t *peers, size_t count, const char *name)
{
    for (size_t n = 0; n < count; n++)
        if (strcmp (peers[n].name, name) == 0)
            return &peers[n];
    return NULL;
}

/*  Shards come under new names, again and again: the place of one that is silent. The audit's records wait for it. */
static peer_t *place_for (peer_t *peers, size_t *count_p)
{
    if (*count_p < PEERS_MAX)
        return &peers[(*count_p)++];
    for (size_t n = 0; n < PEERS_MAX; n++) {
        if (!link_known (peers[n].link) || link_alive (peers[n].link) || strcmp (peers[n].name, "audit") == 0)
            continue;
        link_destroy (&peers[n].link);
        return &peers[n];
    }
    return NULL;
}

peer_t *wire_peer_add (peer_t *peers, size_t *count_p, const char *name, uint64_t session)
{
    link_config_t config = {.session = session};
    link_t *link = link_new (&config);
    peer_t *peer = link ? place_for (peers, count_p) : NULL;
    if (!peer) {
        link_destroy (&link);
        return NULL;
    }
    *peer = (peer_t){.link = link};
    TEXT_SET (peer->name, name);
    return peer;
}

size_t wire_peer_waiting (const peer_t *peers, size_t count)
{
    size_t sum = 0;
    for (size_t n = 0; n < count; n++)
        sum += link_waiting (peers[n].link);
    return sum;
}

void wire_peer_counts (const peer_t *peers, size_t count, link_counts_t *sum)
{
    *sum = (link_counts_t){0};
    for (size_t n = 0; n < count; n++) {
        const link_counts_t *counts = link_counts (peers[n].link);
        sum->sent += counts->sent;
        sum->resent += counts->resent;
        sum->delivered += counts->delivered;
        sum->duplicates += counts->duplicates;
        sum->gaps += counts->gaps;
        sum->refused += counts->refused;
        sum->dropped += counts->dropped;
        sum->strays += counts->strays;
        sum->lives += counts->lives;
        sum->deaths += counts->deaths;
    }
}

bool wire_peer_alive (const peer_t *peers, size_t count)
{
    for (size_t n = 0; n < count; n++)
        if (link_alive (peers[n].link))
            return true;
    return false;
}

int wire_peer_identity (zsock_t *socket, const char *name, problem_t *problem)
{
    uint64_t dice[2];
    char route[ROUTE_MAX];
    if (uv_random (NULL, NULL, dice, sizeof dice, 0, NULL) != 0)
        return problem_set (problem, ERR_IO, name, "no randomness for its connection");
    (void) snprintf (route, sizeof route, "%s:%016llx%016llx", name, (unsigned long long) dice[0],
        (unsigned long long) dice[1]);
    zsock_set_identity (socket, route);
    return 0;
}

void wire_peer_sender (zmq_msg_t *frame, char route[ROUTE_MAX], char name[ACTOR_NAME_MAX])
{
    wire_socket_text (frame, route, ROUTE_MAX);
    size_t length = strcspn (route, ":");
    name[0] = '\0';
    if (length >= ACTOR_NAME_MAX)
        return;
    memcpy (name, route, length);
    name[length] = '\0';
}

bool wire_peer_keeps (const char *from, const char *to, message_kind_t kind)
{
    assert (from && to);
    bool record = kind == MSG_COPY_RESULT || kind == MSG_REPLICATION_COMPLETED || kind == MSG_MASTER_ORDER ||
                  kind == MSG_BREAKER_CHANGED || kind == MSG_ALERT_RAISED;
    bool from_audit = strcmp (from, "audit") == 0; /*  a load is for the life that asked */
    bool from_dispatcher = strcmp (from, "dispatcher") == 0;
    return record && !from_audit && (!from_dispatcher || strcmp (to, "audit") == 0);
}

bool wire_peer_can_wait (const char *to)
{
    return strcmp (to, "audit") == 0;
}

int64_t wire_peer_wake_ns (const peer_t *peers, size_t count)
{
    int64_t wake_ns = INT64_MAX;
    for (size_t n = 0; n < count; n++) {
        int64_t at_ns = link_wake_ns (peers[n].link);
        if (at_ns < peers[n].blocked_to_ns)
            at_ns = peers[n].blocked_to_ns;
        if (at_ns < wake_ns)
            wake_ns = at_ns;
    }
    return wake_ns;
}
