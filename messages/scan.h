/*  scan.h: a look over msgpack bytes before msgpack-c builds objects of them.
 *
 *  msgpack-c allocates what an array or map header announces before it has seen the entries, so five bytes could ask
 *  for gigabytes. After a scan without error every announced entry is there: objects are at most as many as bytes.
 */
#ifndef SCAN_H
#define SCAN_H

#include <stddef.h>
#include <stdint.h>

#define SCAN_DEPTH_MAX 5 /*  containers inside each other; our own messages have 4 */

/*  NULL if bytes are exactly one msgpack value within the depth, else what is wrong (static). */
const char *scan_fault (const uint8_t *bytes, size_t size);

#endif
