/*  encode.h: what the engine says, as the broker's JSON (alpaca-api.md sections 1-3). Appends one value. */
#ifndef SIMULATOR_ENCODE_H
#define SIMULATOR_ENCODE_H

#include "broker/simulator/engine.h"
#include "broker/simulator/http_buffer.h"

/*  Members, each with a comma behind it unless it is the `last`. */
void encode_text (http_buffer_t *out, const char *name, const char *text);         /*  "" = "" */
void encode_text_or_null (http_buffer_t *out, const char *name, const char *text); /*  "" = null */
void encode_amount (http_buffer_t *out, const char *name, int64_t value_e9);       /*  as a string */
void encode_amount_or_null (http_buffer_t *out, const char *name, int64_t value_e9);
void encode_number (http_buffer_t *out, const char *name, int64_t value_e9); /*  as a JSON number */
void encode_integer (http_buffer_t *out, const char *name, int64_t value);
void encode_flag (http_buffer_t *out, const char *name, bool value);
void encode_time (http_buffer_t *out, const char *name, int64_t at_ns); /*  0 = null */
void encode_open (http_buffer_t *out);                                  /*  { */
void encode_close (http_buffer_t *out); /*  }, and takes the last comma back */

void encode_error (http_buffer_t *out, const engine_error_t *error);
void encode_account (http_buffer_t *out, const engine_account_t *account);
void encode_configurations (http_buffer_t *out, const engine_configurations_t *configurations);
void encode_asset (http_buffer_t *out, const engine_asset_t *asset);
void encode_order (http_buffer_t *out, const engine_order_t *order);
void encode_position (http_buffer_t *out, const engine_position_t *position);
void encode_activity (http_buffer_t *out, const engine_execution_t *execution);
/*  {"stream":"trade_updates","data":{...}} */
void encode_update (http_buffer_t *out, const engine_event_t *event);
void encode_sse (http_buffer_t *out, const engine_event_t *event);

#endif
