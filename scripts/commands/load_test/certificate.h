/*  certificate.h: a self-signed certificate for a server of a test or a bench. */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <openssl/ssl.h>

#define CERTIFICATE_PATH_MAX 64

/*  Makes a key and a certificate for subject ("IP:127.0.0.1", "DNS:example.com"), gives both to ssl, and writes the
 *  certificate as PEM to a new file whose path is put into `path`; the caller unlinks it. */
void certificate_use (SSL_CTX *ssl, const char *subject, char path[CERTIFICATE_PATH_MAX]);

#endif
