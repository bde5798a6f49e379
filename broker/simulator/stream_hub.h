/*  stream_hub.h: which socket serves which account: what stream.c and stream_hub.c share. */
#ifndef STREAM_HUB_H
#define STREAM_HUB_H

#include "broker/simulator/stream.h"
#include "broker/simulator/stream_frame.h"

struct stream {
    connection_t *connection;
    uint32_t account;
    bool authorized;
    bool listening;
    bool text;     /*  opcode of what we send; else binary */
    bool in_parts; /*  a message of several frames is being read */
    http_buffer_t message;
};

/*  Frames a payload and writes it now, unless streams are mute; may close the connection. */
void stream_send (stream_t *self, frame_opcode_t opcode, const char *payload, size_t size);
/*  The account's socket becomes this one. -ERR_BUSY: another one lives; -ERR_MEMORY. */
int hub_claim (stream_t *stream, uint32_t account);
void hub_release (stream_t *stream);

#endif
