/*  render.h: an alert or a digest in the form that a channel carries.
 *
 *  Log: one line. Slack and e-mail: a line that says it all (also the subject of the e-mail), then host and time.
 *  Webhook: one JSON object; docs/alerts.md has its fields. Texts are at most LANE_TEXT_MAX bytes with the NUL.
 */
#ifndef ALERT_RENDER_H
#define ALERT_RENDER_H

#include "actors/actor.h"
#include "actors/alert/topics.h"

void render_alert (
    channel_t channel, const alert_raised_t *raised, const char *host, char *text, size_t size);
/*  What the topics hold back of at least this severity. */
void render_digest (channel_t channel, const topics_t *topics, alert_raised_severity_t least,
    const char *host, int64_t utc_ns, char *text, size_t size);

#endif
