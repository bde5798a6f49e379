/*  json_field.h: inside broker/alpaca only: from bytes to a jansson document whose numbers are texts, and from a
 *  field of it to the house's types.
 *
 *  jansson turns a real number into a double. So every number outside a string is put into quotes before the
 *  document is parsed: amounts arrive as the digits the broker wrote, whether it sent "10.5" or 10.5.
 *  Absent, null and "" are the same thing everywhere: the broker mixes them.
 */
#ifndef JSON_FIELD_H
#define JSON_FIELD_H

#include "messages/error.h"
#include "messages/trading.h"

#include <jansson.h>

#define JSON_DEPTH_MAX 16 /*  an order with legs needs 6 */
#define JSON_BYTES_MAX (8u * 1024 * 1024)

/*  NULL (problem filled): not JSON, deeper than JSON_DEPTH_MAX, larger than JSON_BYTES_MAX, or another type than
 *  wanted. The caller owns the result (json_decref). */
json_t *field_load (const char *bytes, size_t size, json_type wanted, problem_t *problem);

/*  Text of a string (or of a number, as written); NULL if absent, null, "" or of another type. Borrowed. */
const char *field_text (const json_t *object, const char *name);

/*  Each returns 0 or -ERR_* with the field's name in problem->where.
 *  copy: -ERR_RANGE if longer than the room (an id that was cut would be another id); "" if absent.
 *  amount, time, whole: 0 if absent. need_*: -ERR_MISSING if absent. */
int field_copy (const json_t *object, const char *name, char *text, size_t size, problem_t *problem);
int field_need_copy (const json_t *object, const char *name, char *text, size_t size, problem_t *problem);
int field_amount (const json_t *object, const char *name, int64_t *value_e9_p, problem_t *problem);
int field_need_amount (const json_t *object, const char *name, int64_t *value_e9_p, problem_t *problem);
int field_time (const json_t *object, const char *name, int64_t *at_ns_p, problem_t *problem);
int64_t field_whole (const json_t *object, const char *name);
bool field_bool (const json_t *object, const char *name); /*  false if absent */
/*  A text for people: cut to fit, control characters become spaces; "" if absent. */
void field_say (const json_t *object, const char *name, char *text, size_t size);
/*  buy; sell or sell_short (activities say so). */
int field_side (const json_t *object, side_t *side_p, problem_t *problem);

/*  One order object (json_order.c), for lists and frames. */
int order_from (const json_t *object, order_t *order, problem_t *problem);

#endif
