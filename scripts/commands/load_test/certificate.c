/*  certificate.c: see certificate.h. */
#include "scripts/commands/load_test/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_S 86400

static void extend (X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb (&context);
    X509V3_set_ctx (&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
    assert (extension);
    X509_add_ext (certificate, extension, -1);
    X509_EXTENSION_free (extension);
}

static X509 *certificate_new (EVP_PKEY *key, const char *subject)
{
    X509 *certificate = X509_new ();
    assert (certificate);
    X509_set_version (certificate, X509_VERSION_3);
    X509_gmtime_adj (X509_getm_notBefore (certificate), -DAY_S);
    X509_gmtime_adj (X509_getm_notAfter (certificate), DAY_S);
    X509_NAME *name = X509_get_subject_name (certificate);
    X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC, (const unsigned char *) "test", -1, -1, 0);
    X509_set_issuer_name (certificate, name);
    X509_set_pubkey (certificate, key);
    extend (certificate, NID_subject_alt_name, subject);
    extend (certificate, NID_basic_constraints, "critical,CA:TRUE");
    int size = X509_sign (certificate, key, EVP_sha256 ());
    assert (size > 0);
    return certificate;
}

void certificate_use (SSL_CTX *ssl, const char *subject, char path[CERTIFICATE_PATH_MAX])
{
    assert (ssl && subject && path);
    EVP_PKEY *key = EVP_EC_gen ("P-256");
    assert (key);
    X509 *certificate = certificate_new (key, subject);
    SSL_CTX_use_certificate (ssl, certificate);
    SSL_CTX_use_PrivateKey (ssl, key);
    (void) snprintf (path, CERTIFICATE_PATH_MAX, "%s", "/tmp/test_certificate_XXXXXX");
    int descriptor = mkstemp (path);
    assert (descriptor >= 0);
    FILE *file = fdopen (descriptor, "w");
    assert (file);
    PEM_write_X509 (file, certificate);
    (void) fclose (file);
    X509_free (certificate);
    EVP_PKEY_free (key);
}
