/*  gateway_page.h: the gateway's page, made of actors/host/page by page.cmake. */
#ifndef GATEWAY_PAGE_H
#define GATEWAY_PAGE_H

#include <stddef.h>

typedef enum { GATEWAY_PAGE_NONE, GATEWAY_PAGE_HTML, GATEWAY_PAGE_JS, GATEWAY_PAGE_CSS } gateway_page_t;

const char *gateway_page (gateway_page_t page, size_t *size_p); /*  static */
const char *gateway_version (void);                             /*  of the program; static */

#endif
