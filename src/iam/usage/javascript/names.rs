//! What is known of JavaScript's names and packages.

use super::super::super::actions::table;
use super::super::library::Class;

/// Names that are there without an import.
const GLOBALS: &str = "AbortController AbortSignal AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array Blob Boolean \
    Buffer DataView Date Error EvalError Event EventTarget Float32Array Float64Array FormData Function Headers Infinity Int16Array \
    Int32Array Int8Array Intl JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Request \
    Response ReadableStream Set SharedArrayBuffer String Symbol SyntaxError TextDecoder TextEncoder TransformStream TypeError \
    URIError URL URLSearchParams Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly \
    WritableStream WebSocket __dirname __filename atob awslambda btoa clearImmediate clearInterval clearTimeout console crypto define \
    decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval fetch global globalThis isFinite isNaN parseFloat \
    parseInt performance process queueMicrotask require setImmediate setInterval setTimeout structuredClone undefined unescape";

/// Node's own modules.
const STANDARD: &str = "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns \
    domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream \
    string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib test";

/// Popular packages that make no AWS calls of their own.
const AWS_FREE: &str = "abort-controller ajv ajv-formats ansi-styles async aws-embedded-metrics aws-lambda aws-xray-sdk \
    aws-xray-sdk-core axios axios-retry base64-js base64url bcrypt bcryptjs big.js bignumber.js bluebird body-parser bottleneck \
    busboy camelcase case chai chalk cheerio class-transformer class-validator classnames compression content-type cookie \
    cookie-parser core-js cors cron-parser cross-fetch crypto-js csv-parse csv-parser csv-stringify csvtojson date-fns date-fns-tz dayjs \
    debug decimal.js dedent deepmerge dotenv ejs email-validator env-var envalid es6-promise escape-html exceljs express \
    express-validator fast-csv fast-deep-equal fast-json-stringify fast-xml-parser fastify fetch-retry file-type flat form-data \
    formidable fs-extra fuse.js geoip-lite geolib got graphql graphql-request graphql-tag gm handlebars he helmet hono html-to-text \
    http-errors http-status-codes iconv-lite immer ioredis ip is-uuid iso-639-1 iterall jest jimp joi jose js-base64 \
    js-yaml json2csv jsonata jsonpath jsonschema jsonwebtoken jszip jwk-to-pem jwks-rsa jwt-decode knex lambda-multipart-parser \
    lambda-log libphonenumber-js lodash lodash.get lodash.merge long luxon mailparser marked md5 memoizee mime mime-types \
    minimatch moment moment-timezone mongodb mongoose morgan ms multer mustache mysql mysql2 nanoid nock node-cache node-fetch \
    node-forge node-html-parser node-jose nodemailer-mock numeral object-hash openai p-all p-limit p-map p-queue p-retry papaparse \
    parse5 path-to-regexp pdf-lib pdf-parse pdfkit pg pg-promise pino pluralize prom-client promise-retry prop-types proxy-addr \
    puppeteer-core qrcode qs querystring ramda randomstring raw-body react react-dom redis reflect-metadata regenerator-runtime \
    request request-promise retry rss-parser rxjs safe-buffer sanitize-html semver sequelize serverless-http sharp showdown sinon \
    slugify slug soap source-map-support split2 ssh2 statuses stream-json stream-to-array string-strip-html stripe superagent superstruct \
    supertest tiny-invariant tinycolor2 tslib twilio typeorm type-fest ua-parser-js underscore undici uniqid unzipper \
    url-join uuid uuidv4 ulid valibot validator verify-apple-id-token web-push winston ws xml2js xmlbuilder yaml yargs yup yn zod \
    @aws-lambda-powertools/batch @aws-lambda-powertools/commons @aws-lambda-powertools/event-handler @aws-lambda-powertools/jmespath \
    @aws-lambda-powertools/logger @aws-lambda-powertools/metrics @aws-lambda-powertools/parser @aws-lambda-powertools/tracer \
    @aws-lambda-powertools/validation @aws-lambda-powertools/kafka @middy/core @middy/http-cors @middy/http-error-handler \
    @middy/http-event-normalizer @middy/http-header-normalizer @middy/http-json-body-parser @middy/http-multipart-body-parser \
    @middy/http-partial-response @middy/http-response-serializer @middy/http-router @middy/http-security-headers \
    @middy/http-urlencode-body-parser @middy/http-urlencode-path-parser @middy/input-output-logger @middy/error-logger \
    @middy/do-not-wait-for-empty-event-loop @middy/cloudwatch-metrics @middy/event-normalizer @middy/sqs-partial-batch-failure \
    @middy/validator @middy/warmup @middy/ws-json-body-parser @middy/ws-router @middy/ws-response @middy/sqs-json-body-parser \
    @middy/util @sinclair/typebox @sentry/node @sentry/serverless \
    @slack/web-api @slack/webhook @slack/bolt @sendgrid/mail @google-cloud/storage @googlemaps/google-maps-services-js \
    @hapi/boom @hapi/joi @octokit/rest @octokit/core @octokit/auth-app @octokit/webhooks @octokit/webhooks-types @octokit/openapi-types @octokit/types @octokit/request \
    @octokit/plugin-paginate-rest @octokit/plugin-retry @octokit/plugin-throttling @octokit/request-error \
    @opentelemetry/api @prisma/client @pinecone-database/pinecone @tsconfig/node18 @types/aws-lambda @faker-js/faker @codegenie/serverless-express \
    @vendia/serverless-express aws-serverless-express @apollo/server @as-integrations/aws-lambda apollo-server-lambda \
    @graphql-tools/schema @elastic/elasticsearch @opensearch-project/opensearch @redis/client @upstash/redis @paypal/checkout-server-sdk \
    @aws-crypto/sha256-js @aws-crypto/sha256-browser @aws-crypto/client-node cfn-response source-map-support/register date-fns/addMinutes";

fn is_word(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

pub(in super::super) fn is_global(name: &str) -> bool {
    is_word(GLOBALS, name)
}

/// The package of an import: `@scope/name` or the first part of a path.
pub(super) fn package(import: &str) -> &str {
    let parts = if import.starts_with('@') { 2 } else { 1 };
    match import.match_indices('/').nth(parts - 1) {
        Some((end, _)) => &import[..end],
        None => import,
    }
}

/// What is known of a package outside.
pub(super) fn classify(import: &str) -> Class {
    let bare = import.strip_prefix("node:").unwrap_or(import);
    let package = package(bare);
    if is_word(STANDARD, package) {
        Class::Standard
    } else if package == "aws-sdk"
        || package.starts_with("@aws-sdk/")
        || package.starts_with("@smithy/")
        || is_understood(package)
    {
        Class::Sdk
    } else if is_word(AWS_FREE, package)
        || package.starts_with("@types/")
        || package.starts_with("lodash")
        || package == "date-fns"
    {
        Class::AwsFree
    } else {
        Class::Unknown
    }
}

/// Libraries that make calls which the table knows.
fn is_understood(package: &str) -> bool {
    matches!(
        package,
        "@aws-lambda-powertools/parameters"
            | "@aws-lambda-powertools/idempotency"
            | "aws-xray-sdk"
            | "aws-xray-sdk-core"
    )
}

/// Whether a package signs requests to AWS by hand.
pub(super) fn signs(import: &str) -> bool {
    matches!(
        package(import),
        "@aws-sdk/signature-v4"
            | "@smithy/signature-v4"
            | "@aws-sdk/signature-v4-crt"
            | "aws4"
            | "aws4-axios"
            | "aws-sigv4"
            | "@aws-sdk/signature-v4-multi-region"
            | "aws4fetch"
            | "@anthropic-ai/bedrock-sdk"
    ) || import.starts_with("@opensearch-project/opensearch/aws")
}

/// Whether a method has the name of an operation that hardly anything but AWS has.
pub(in super::super) fn is_like_operation(name: &str) -> bool {
    const TELLING: [&str; 6] = ["dynamodb", "s3", "sqs", "secretsmanager", "ssm", "stepfunctions"];
    name.chars().any(char::is_uppercase) && TELLING.iter().any(|service| table().operation(service, name).is_some())
}
