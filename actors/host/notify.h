/*  notify.h: what a service manager is told, by systemd's datagram protocol (sd_notify(3)): $NOTIFY_SOCKET,
 *  $WATCHDOG_USEC. Without them every call does nothing. For the main thread of a process.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*  Reads the environment, and takes it out of there: what we start speaks for itself to us, not to the manager. */
void notify_open (void);
bool notify_wanted (void);
/*  How often the manager wants to hear of us, at the latest; 0 = not. */
int64_t notify_watchdog_ns (void);

void notify_ready (const char *status); /*  one line for people (`systemctl status`) */
void notify_status (const char *status);
void notify_alive (void); /*  when there is a watchdog */
void notify_stopping (void);

#endif
