/*  curl_loop.h: a curl multi handle that runs on a libuv loop (curl's multi-socket interface).
 *
 *  One owner a multi handle: whoever adds transfers also reads the finished ones, in `ready`, which is called on the
 *  loop's thread after curl did something and never from inside curl_multi_add_handle.
 */
#ifndef CURL_LOOP_H
#define CURL_LOOP_H

#include "messages/error.h"

#include <curl/curl.h>
#include <uv.h>

typedef struct curl_loop curl_loop_t;
typedef void (curl_loop_ready_fn) (void *context);

/*  The loop is borrowed and must outlive the handles' closing. NULL: problem says why. Also does curl's global
 *  initialisation (threads: make the first one before there are others). */
curl_loop_t *curl_loop_new (uv_loop_t *loop, problem_t *problem);
/*  After the owner removed its transfers. Handles close in the loop's next turn: run it once more before
 *  uv_loop_close. */
void curl_loop_destroy (curl_loop_t **self_p);

CURLM *curl_loop_multi (curl_loop_t *self); /*  borrowed */
/*  Who reads curl_multi_info_read (e.g. alpaca_on_transfers with the broker as its context). */
void curl_loop_set_ready (curl_loop_t *self, curl_loop_ready_fn *ready, void *context);

#endif
