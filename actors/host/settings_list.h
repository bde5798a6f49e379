/*  settings_list.h: every setting of .env and the environment, once.
 *
 *  The loader, its errors, `trade-copier settings`, .env.example and docs/settings.md come from this list.
 *  Columns: name, kind (settings.h), default, least, most, unit (durations: the unit of a bare number; choices: the
 *  words, separated by |), issue (0 = works now, N = read and checked now, does something with issue N), doc.
 *  Least and most are decimal text in the unit; for texts `most` is the longest length. "" = no bound.
 *  _S starts a section of .env.example. The names of the Python copier are all here, with the same meaning.
 */
#ifndef SETTINGS_LIST_H
#define SETTINGS_LIST_H

#define SETTINGS_ACCOUNT(_, _S)                                                                              \
    _S ("Broker and master account")                                                                         \
    _ (MASTER_ACCOUNT_ID, TEXT, "", "", "63", "", 0,                                                         \
        "our name of the master account; `master set` stores it too")                                        \
    _ (MASTER_API_KEY, SECRET, "", "", "191", "", 0,                                                         \
        "the master's key id; with MASTER_SECRET_KEY it is sealed into the database when `run` starts (or: " \
        "`master set`)")                                                                                     \
    _ (MASTER_SECRET_KEY, SECRET, "", "", "191", "", 0, "the master's secret key")                           \
    _ (USE_PAPER_TRADING, BOOL, "true", "", "", "", 0,                                                       \
        "false = real money: `run` then asks for --live or CONFIRM_LIVE=yes")                                \
    _ (CONFIRM_LIVE, BOOL, "false", "", "", "", 0, "yes = live trading is meant, the same as --live")        \
    _ (ALPACA_BASE_URL, URL, "", "", "511", "http|https", 0,                                                 \
        "trading API; empty = https://paper-api.alpaca.markets, or https://api.alpaca.markets when live")    \
    _ (ALPACA_DATA_URL, URL, "", "", "511", "http|https", 0,                                                 \
        "market data API; empty = https://data.alpaca.markets, or ALPACA_BASE_URL when that is not the "     \
        "broker's own")                                                                                      \
    _ (ALPACA_STREAM_URL, URL, "", "", "511", "ws|wss", 0,                                                   \
        "trading stream; empty = that of ALPACA_BASE_URL, /stream")                                          \
    _ (ALPACA_CA_FILE, PATH, "", "", "511", "", 0, "certificates to trust instead of the system's (PEM)")    \
    _ (REQUEST_TIMEOUT, DURATION, "10", "0.1", "120", "s", 0,                                                \
        "a broker request without an answer is unknown after this")                                          \
    _ (MAX_CONNECTIONS, INT, "500", "1", "4096", "", 0,                                                      \
        "open connections to the broker, a shard: so many for orders, reads, and the rest")

#define SETTINGS_STORAGE(_, _S)                                                                              \
    _S ("Storage and keys")                                                                                  \
    _ (DATABASE_URL, URL, "sqlite:///trade_copier.db", "", "511",                                            \
        "sqlite|sqlite+aiosqlite|postgresql|postgres|postgresql+asyncpg", 0,                                 \
        "sqlite:///relative.db, sqlite:////absolute.db or postgresql://user@host:port/dbname "               \
        "(docs/storage.md)")                                                                                 \
    _ (DATABASE_PASSWORD_FILE, PATH, "", "", "255", "", 0,                                                   \
        "a file whose first line is PostgreSQL's password (mode 0600); read at each connection")             \
    _ (ENCRYPTION_KEY, SECRET, "", "", "127", "", 0,                                                         \
        "seals the accounts' keys: 32 bytes as URL-safe base64 (a Fernet key is one) or 64 hex digits; "     \
        "`trade-copier keygen`")                                                                             \
    _ (ENCRYPTION_KEY_FILE, PATH, "", "", "511", "", 0, "a file with the key instead (mode 0600)")           \
    _ (REDIS_URL, SECRET, "", "", "511", "", 0,                                                              \
        "dedup marks and breakers in Redis as well: redis://[[user]:password@]host[:port][/db] "             \
        "(docs/redis.md); empty = in the local database alone")                                              \
    _ (REDIS_DEDUP_TTL, DURATION, "168", "1", "8760", "h", 0,                                                \
        "a dedup mark stays in Redis so long after its last change")                                         \
    _ (RUN_DIR, PATH, "", "", "90", "", 0,                                                                   \
        "private directory of the sockets; empty = a new one under XDG_RUNTIME_DIR or /tmp")

#define SETTINGS_LINKS(_, _S)                                                                                \
    _S ("Keys of the actors on tcp (docs/security.md); needed unless all is on 127.0.0.1")                   \
    _ (CURVE_DIR, PATH, "", "", "511", "", 0,                                                                \
        "directory that `trade-copier keygen --actors` made: each actor takes its own key from secret/, "    \
        "and "                                                                                               \
        "those it talks to from public/")                                                                    \
    _ (CURVE_SECRET_FILE, PATH, "", "", "511", "", 0,                                                        \
        "instead: this actor's own certificate (secret/ROLE.key_secret, mode 0600)")                         \
    _ (CURVE_PUBLIC_DIR, PATH, "", "", "511", "", 0,                                                         \
        "with CURVE_SECRET_FILE: directory of the certificates of those who may talk to it (ROLE.key)")

#define SETTINGS_COPY(_, _S)                                                                                 \
    _S ("What is copied, and how much")                                                                      \
    _ (MIN_ORDER_SIZE, DECIMAL, "0", "0", "1000000", "shares", 0, "smaller copies are skipped")              \
    _ (MIN_NOTIONAL_VALUE, DECIMAL, "1", "0", "1000000", "USD", 0,                                           \
        "copies worth less are skipped (the broker's own least is 1)")                                       \
    _ (ALLOW_FRACTIONAL_SHARES, BOOL, "true", "", "", "", 0, "false = whole shares for every client")        \
    _ (MAX_EVENT_AGE, DURATION, "60", "1", "86400", "s", 0,                                                  \
        "an entry older than this is not copied any more (exits always are)")                                \
    _ (CATCH_UP_LOOKBACK, DURATION, "86400", "60", "2592000", "s", 0,                                        \
        "what the master executed within this is read again at the start when nothing else says from when "  \
        "on; what is older, and nothing is known of, is not copied any more")                                \
    _ (MAX_SLIPPAGE_BPS, INT, "0", "0", "1000", "bps", 5,                                                    \
        "entries as marketable limits within this of the price; 0 = market orders")                          \
    _ (REFRESH_INTERVAL, DURATION, "30", "1", "3600", "s", 0,                                                \
        "equity and positions of every account are read again this often")

#define SETTINGS_SPEED(_, _S)                                                                                \
    _S ("Limits and speed")                                                                                  \
    _ (EXECUTOR_SHARDS, INT, "2", "1", "64", "", 0,                                                          \
        "executor processes of the default topology; with `actor * executor`, for how many there is room")   \
    _ (MAX_CLIENTS, INT, "2000", "1", "100000", "", 0,                                                       \
        "room for clients, a shard; of all together EXECUTOR_SHARDS times that")                             \
    _ (SHARD_WEIGHT, INT, "100", "1", "10000", "", 0,                                                        \
        "this executor's part of the clients beside that of the others: one with 200 gets twice as many")    \
    _ (SHARD_GRACE, DURATION, "10", "1", "3600", "s", 0,                                                     \
        "a silent executor keeps its clients so long, for it may only restart; they never move before a "    \
        "REQUEST_TIMEOUT after its last lease")                                                              \
    _ (MAX_CONCURRENT_ORDERS, INT, "500", "1", "100000", "", 0,                                              \
        "orders sent and not answered yet at a time, a shard")                                               \
    _ (ORDER_BATCH_SIZE, INT, "500", "1", "100000", "", 0,                                                   \
        "orders handed to the broker's connections in one step")                                             \
    _ (RATE_LIMIT_DELAY, DURATION, "0", "0", "60", "s", 0,                                                   \
        "pause after a batch of ORDER_BATCH_SIZE orders, and after a 429 that names no time")                \
    _ (WEBSOCKET_RECONNECT_DELAY, DURATION, "1", "0.01", "30", "s", 0,                                       \
        "first pause before the stream is opened again; doubles to 30 s, with full jitter")

#define SETTINGS_TROUBLE(_, _S)                                                                              \
    _S ("When things go wrong")                                                                              \
    _ (MAX_RETRY_ATTEMPTS, INT, "3", "0", "100", "", 0,                                                      \
        "repeats of an entry whose fate is known to be `not sent` (exits go on)")                            \
    _ (RETRY_INITIAL_DELAY, DURATION, "0.5", "0.001", "60", "s", 0, "before the first repeat")               \
    _ (RETRY_MAX_DELAY, DURATION, "10", "0.001", "600", "s", 0, "between two repeats at most")               \
    _ (RETRY_EXPONENTIAL_BASE, DECIMAL, "2", "1", "10", "", 0,                                               \
        "each pause is this many times the one before (full jitter)")                                        \
    _ (FAILURE_THRESHOLD, INT, "5", "1", "1000", "", 0,                                                      \
        "failures in a row that open a client's circuit breaker")                                            \
    _ (CIRCUIT_TIMEOUT, DURATION, "60", "0.1", "86400", "s", 0,                                              \
        "an open breaker lets one probe through after this")                                                 \
    _ (ENABLE_CIRCUIT_BREAKER, BOOL, "true", "", "", "", 0,                                                  \
        "false = only refused keys stop a client's entries, however many of its orders fail")                \
    _ (MASTER_CREDENTIAL_CHECK_INTERVAL, DURATION, "0.2", "0.05", "3600", "s", 0,                            \
        "the database is asked this often whether a master or client changed")

#define SETTINGS_WATCH(_, _S)                                                                                \
    _S ("Logs, the tap, measurements")                                                                       \
    _ (LOG_LEVEL, CHOICE, "INFO", "", "", "DEBUG|INFO|WARNING|ERROR|CRITICAL", 0,                            \
        "least level that is logged")                                                                        \
    _ (ENABLE_STRUCTURED_LOGGING, BOOL, "true", "", "", "", 0, "one JSON line an event; false = plain text") \
    _ (LATENCY_WARNING_THRESHOLD, DURATION, "1000", "1", "3600000", "ms", 0,                                 \
        "a replication slower than this is a warning")                                                       \
    _ (LATENCY_CRITICAL_THRESHOLD, DURATION, "5000", "1", "3600000", "ms", 0,                                \
        "slower than this raises an alert")                                                                  \
    _ (ENABLE_TAP, BOOL, "true", "", "", "", 0,                                                              \
        "publish every message to who listens (read only, no secrets)")                                      \
    _ (TAP_ENDPOINT, TEXT, "", "", "255", "", 0,                                                             \
        "where the tap listens; empty = a socket in RUN_DIR; or tcp://127.0.0.1:PORT")                       \
    _ (TAP_PORT, INT, "0", "0", "65535", "", 0, "the tap on 127.0.0.1 at this port as well; 0 = not")

#define SETTINGS_GATEWAY(_, _S)                                                                              \
    _S ("Gateway: page, API, WebSocket, metrics (docs/gateway.md)")                                          \
    _ (GATEWAY_HOST, TEXT, "127.0.0.1", "1", "255", "", 0,                                                   \
        "address it listens at; anything but this machine's own needs TLS: GATEWAY_CERT_FILE")               \
    _ (GATEWAY_PORT, INT, "8080", "0", "65535", "", 0,                                                       \
        "0 = no gateway; when the port is taken trading goes on, and it is tried again")                     \
    _ (GATEWAY_TOKEN, SECRET, "", "", "255", "", 0,                                                          \
        "who asks has to know it: 16 characters or more; empty = GATEWAY_TOKEN_FILE")                        \
    _ (GATEWAY_TOKEN_FILE, PATH, "", "", "511", "", 0,                                                       \
        "a file with the token; empty = one beside the database, made with a new token when it is missing")  \
    _ (GATEWAY_CERT_FILE, PATH, "", "", "511", "", 0,                                                        \
        "the gateway's certificate (PEM): https; empty = http")                                              \
    _ (GATEWAY_KEY_FILE, PATH, "", "", "511", "", 0, "its key (PEM)")                                        \
    _ (ENABLE_METRICS, BOOL, "false", "", "", "", 0,                                                         \
        "true = the gateway listens at METRICS_PORT as well (/metrics is at GATEWAY_PORT in any case)")      \
    _ (METRICS_PORT, INT, "9090", "1", "65535", "", 0, "see ENABLE_METRICS; the token is asked for there too")

#define SETTINGS_ALERT(_, _S)                                                                                \
    _S ("Alerts (docs/alerts.md)")                                                                           \
    _ (ENABLE_ALERTS, BOOL, "true", "", "", "", 0, "false = no channel gets anything")                       \
    _ (ALERT_COOLDOWN, DURATION, "300", "0", "86400", "s", 0,                                                \
        "the same kind of alert about the same subject is told once in this time; 0 = every time")           \
    _ (ALERT_DIGEST_INTERVAL, DURATION, "300", "1", "86400", "s", 0,                                         \
        "what was held back is told in one digest after this")                                               \
    _ (ALERT_CA_FILE, PATH, "", "", "511", "", 0,                                                            \
        "certificates to trust for webhooks and e-mail instead of the system's (PEM)")                       \
    _ (ENABLE_SLACK_ALERTS, BOOL, "false", "", "", "", 0, "")                                                \
    _ (SLACK_WEBHOOK_URL, SECRET, "", "", "511", "", 0, "the incoming webhook (whoever knows it can post)")  \
    _ (SLACK_CHANNEL, TEXT, "", "", "95", "", 0, "empty = the webhook's own; quote a #")                     \
    _ (SLACK_ALERT_LEVEL, CHOICE, "info", "", "", "info|warning|critical", 0,                                \
        "least severity that goes to Slack")                                                                 \
    _ (ENABLE_EMAIL_ALERTS, BOOL, "false", "", "", "", 0, "")                                                \
    _ (SMTP_HOST, TEXT, "", "", "255", "", 0, "")                                                            \
    _ (SMTP_PORT, INT, "587", "1", "65535", "", 0, "465 = TLS from the first byte")                          \
    _ (SMTP_USERNAME, TEXT, "", "", "255", "", 0, "empty = no login")                                        \
    _ (SMTP_PASSWORD, SECRET, "", "", "255", "", 0, "")                                                      \
    _ (SMTP_FROM, TEXT, "", "", "255", "", 0, "sender; empty = SMTP_USERNAME")                               \
    _ (SMTP_USE_TLS, BOOL, "true", "", "", "", 0,                                                            \
        "true = nothing is sent without TLS (STARTTLS); false = in the clear, and then without a login")     \
    _ (SMTP_IMPLICIT_TLS, BOOL, "false", "", "", "", 0,                                                      \
        "true = TLS from the first byte on another port than 465 too")                                       \
    _ (ALERT_EMAIL_TO, TEXT, "", "", "511", "", 0, "receivers, comma separated, at most 16")                 \
    _ (EMAIL_ALERT_LEVEL, CHOICE, "info", "", "", "info|warning|critical", 0,                                \
        "least severity that goes by e-mail")                                                                \
    _ (ENABLE_WEBHOOK_ALERTS, BOOL, "false", "", "", "", 0, "")                                              \
    _ (ALERT_WEBHOOK_URL, SECRET, "", "", "511", "", 0, "gets every alert as JSON by POST")                  \
    _ (WEBHOOK_ALERT_LEVEL, CHOICE, "info", "", "", "info|warning|critical", 0,                              \
        "least severity that goes to ALERT_WEBHOOK_URL")

#define SETTINGS_LIST(_, _S)                                                                                 \
    SETTINGS_ACCOUNT (_, _S)                                                                                 \
    SETTINGS_STORAGE (_, _S)                                                                                 \
    SETTINGS_LINKS (_, _S)                                                                                   \
    SETTINGS_COPY (_, _S)                                                                                    \
    SETTINGS_SPEED (_, _S)                                                                                   \
    SETTINGS_TROUBLE (_, _S)                                                                                 \
    SETTINGS_WATCH (_, _S)                                                                                   \
    SETTINGS_GATEWAY (_, _S)                                                                                 \
    SETTINGS_ALERT (_, _S)

#endif
