/*  tls.c: OpenSSL behind tls.h; ALPN offers h2 and http/1.1. */
#include "broker/simulator/tls.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#define CERTIFICATE_DAYS 30

struct tls_context {
    SSL_CTX *ssl;
};

struct tls {
    SSL *ssl;
    BIO *in;
    BIO *out;
};

static int on_alpn (SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in,
    unsigned int in_size, void *context)
{
    static const unsigned char offered[] = "\x02h2\x08http/1.1";
    (void) ssl;
    (void) context;
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto (&chosen, out_size, offered, sizeof (offered) - 1, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool add_extension (X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb (&context);
    X509V3_set_ctx (&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
    if (!extension)
        return false;
    bool added = X509_add_ext (certificate, extension, -1) == 1;
    X509_EXTENSION_free (extension);
    return added;
}

static bool add_names (X509 *certificate, const char *host)
{
    unsigned char address[16];
    bool is_address = inet_pton (AF_INET, host, address) == 1 || inet_pton (AF_INET6, host, address) == 1;
    char names[400];
    snprintf (names, sizeof (names), "DNS:localhost,IP:127.0.0.1,IP:::1,%s:%.253s", is_address ? "IP" : "DNS",
        host);
    return add_extension (certificate, NID_subject_alt_name, names) &&
           add_extension (certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension (certificate, NID_key_usage, "critical,digitalSignature,keyCertSign");
}

static bool fill_certificate (X509 *certificate, EVP_PKEY *key, const char *host)
{
    X509_NAME *name = X509_get_subject_name (certificate);
    const unsigned char *title = (const unsigned char *) "trade-copier simulator";
    return X509_set_version (certificate, X509_VERSION_3) &&
           ASN1_INTEGER_set_uint64 (X509_get_serialNumber (certificate), (uint64_t) time (NULL)) &&
           X509_gmtime_adj (X509_getm_notBefore (certificate), -86400) &&
           X509_gmtime_adj (X509_getm_notAfter (certificate), CERTIFICATE_DAYS * 86400L) &&
           X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC, title, -1, -1, 0) &&
           X509_set_issuer_name (certificate, name) && X509_set_pubkey (certificate, key) &&
           add_names (certificate, host) && X509_sign (certificate, key, EVP_sha256 ()) > 0;
}

static int use_self_signed (SSL_CTX *ssl, const char *host, problem_t *problem)
{
    EVP_PKEY *key = EVP_EC_gen ("P-256");
    X509 *certificate = X509_new ();
    bool made = key && certificate && fill_certificate (certificate, key, host) &&
                SSL_CTX_use_certificate (ssl, certificate) == 1 && SSL_CTX_use_PrivateKey (ssl, key) == 1;
    X509_free (certificate);
    EVP_PKEY_free (key);
    return made ? 0 : problem_set (problem, ERR_MEMORY, "--tls", "cannot make a certificate");
}

static int use_files (SSL_CTX *ssl, const char *cert_file, const char *key_file, problem_t *problem)
{
    if (!cert_file || !key_file)
        return problem_set (
            problem, ERR_SETTING, cert_file ? "--key" : "--cert", "--cert and --key belong together");
    if (SSL_CTX_use_certificate_chain_file (ssl, cert_file) != 1)
        return problem_set (problem, ERR_SETTING, cert_file, "not a readable PEM certificate");
    if (SSL_CTX_use_PrivateKey_file (ssl, key_file, SSL_FILETYPE_PEM) != 1)
        return problem_set (
            problem, ERR_SETTING, key_file, "not a readable PEM key that fits the certificate");
    return 0;
}

static int write_certificate (SSL_CTX *ssl, const char *path, problem_t *problem)
{
    FILE *file = fopen (path, "we");
    if (!file)
        return problem_set (problem, ERR_IO, path, "cannot write the certificate: %m");
    bool written = PEM_write_X509 (file, SSL_CTX_get0_certificate (ssl)) == 1;
    written = fclose (file) == 0 && written;
    return written ? 0 : problem_set (problem, ERR_IO, path, "cannot write the certificate");
}

int tls_context_new (tls_context_t **self_p, const char *host, const char *cert_file, const char *key_file,
    const char *cert_out, problem_t *problem)
{
    assert (self_p && host);
    tls_context_t *self = calloc (1, sizeof (*self));
    if (self)
        self->ssl = SSL_CTX_new (TLS_server_method ());
    if (!self || !self->ssl) {
        free (self);
        return problem_set (problem, ERR_MEMORY, "--tls", "no TLS context");
    }
    SSL_CTX_set_min_proto_version (self->ssl, TLS1_2_VERSION);
    SSL_CTX_set_mode (self->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options (self->ssl, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_alpn_select_cb (self->ssl, on_alpn, NULL);
    bool files = cert_file || key_file;
    int rc = files ? use_files (self->ssl, cert_file, key_file, problem)
                   : use_self_signed (self->ssl, host, problem);
    if (!rc && cert_out)
        rc = write_certificate (self->ssl, cert_out, problem);
    if (rc)
        tls_context_destroy (&self);
    ERR_clear_error ();
    *self_p = self;
    return rc;
}

void tls_context_destroy (tls_context_t **self_p)
{
    assert (self_p);
    if (*self_p) {
        SSL_CTX_free ((*self_p)->ssl);
        free (*self_p);
        *self_p = NULL;
    }
}

tls_t *tls_new (tls_context_t *context)
{
    assert (context);
    tls_t *self = calloc (1, sizeof (*self));
    if (!self)
        return NULL;
    self->ssl = SSL_new (context->ssl);
    self->in = BIO_new (BIO_s_mem ());
    self->out = BIO_new (BIO_s_mem ());
    if (!self->ssl || !self->in || !self->out) {
        BIO_free (self->in);
        BIO_free (self->out);
        SSL_free (self->ssl);
        free (self);
        return NULL;
    }
    SSL_set_bio (self->ssl, self->in, self->out);
    SSL_set_accept_state (self->ssl);
    return self;
}

void tls_destroy (tls_t **self_p)
{
    assert (self_p);
    if (*self_p) {
        SSL_free ((*self_p)->ssl);
        free (*self_p);
        *self_p = NULL;
    }
}

static void drain (tls_t *self, http_buffer_t *wire)
{
    char *bytes = NULL;
    long size = BIO_get_mem_data (self->out, &bytes);
    if (size > 0) {
        http_buffer_put (wire, bytes, (size_t) size);
        (void) BIO_reset (self->out);
    }
}

int tls_read (tls_t *self, const char *bytes, size_t size, http_buffer_t *plain, http_buffer_t *wire)
{
    assert (self && bytes && plain && wire);
    size_t fed = 0;
    if (BIO_write_ex (self->in, bytes, size, &fed) != 1 || fed != size)
        return -ERR_IO;
    ERR_clear_error ();
    for (;;) {
        char *room = http_buffer_room (plain, 16384);
        size_t got = 0;
        if (SSL_read_ex (self->ssl, room, 16384, &got) != 1)
            break;
        http_buffer_grew (plain, got);
    }
    int error = SSL_get_error (self->ssl, 0);
    drain (self, wire);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -ERR_IO;
}

int tls_write (tls_t *self, const char *bytes, size_t size, http_buffer_t *wire)
{
    assert (self && bytes && wire);
    size_t written = 0;
    ERR_clear_error ();
    if (size > 0 && (SSL_write_ex (self->ssl, bytes, size, &written) != 1 || written != size))
        return -ERR_IO;
    drain (self, wire);
    return 0;
}

bool tls_is_two (const tls_t *self)
{
    assert (self);
    const unsigned char *name = NULL;
    unsigned int size = 0;
    SSL_get0_alpn_selected (self->ssl, &name, &size);
    return size == 2 && memcmp (name, "h2", 2) == 0;
}
