/*  channel_socket.h: a TCP socket on its way to the broker, with the options that an order needs. */
#ifndef BROKER_ALPACA_CHANNEL_SOCKET_H
#define BROKER_ALPACA_CHANNEL_SOCKET_H

#include <stdint.h>

/*  Begins to connect, without blocking. address: an IPv4 or IPv6 literal; port: decimal. user_timeout_ns: 0 = the
 *  system's. The descriptor, or -errno. */
int channel_socket_connect (const char *address, const char *port, int64_t user_timeout_ns);
int channel_socket_error (int socket); /*  once it is writable: 0 = connected, or errno */

#endif
