//! What is known of Java's names and packages.

use super::super::super::actions::table;
use super::super::library::Class;

/// Classes that are there without an import.
const LANG: &str = "Boolean Byte Character CharSequence Class Comparable Double Enum Error Exception Float IllegalArgumentException \
    IllegalStateException Integer Iterable Long Math Number NumberFormatException Object Process ProcessBuilder Record Runnable Runtime \
    RuntimeException Short StackOverflowError StrictMath String StringBuffer StringBuilder System Thread ThreadLocal Throwable \
    UnsupportedOperationException AutoCloseable NullPointerException IndexOutOfBoundsException InterruptedException";

/// Classes that are imported from `java.*` by the package.
const JAVA: &str = "ArrayDeque ArrayList Arrays Base64 BigDecimal BigInteger BufferedReader BufferedWriter ByteArrayInputStream \
    ByteArrayOutputStream ByteBuffer Callable CharStreams Charset Collection Collections Collectors CompletableFuture ConcurrentHashMap \
    CountDownLatch Date Deque Duration Enumeration ExecutionException ExecutorService Executors File FileInputStream FileOutputStream \
    Files Function Future HashMap HashSet HttpClient HttpRequest HttpResponse HttpURLConnection IOException InputStream InputStreamReader \
    Instant Iterator LinkedHashMap LinkedHashSet LinkedList List ListIterator LocalDate LocalDateTime Locale Map Objects Optional \
    OutputStream OutputStreamWriter Path Paths Pattern PrintWriter Properties Queue Random Scanner Set SimpleDateFormat StandardCharsets \
    Stream StringTokenizer StringWriter Supplier TimeUnit TimeZone TreeMap TreeSet UncheckedIOException URI URL URLDecoder URLEncoder UUID \
    Vector ZoneId ZonedDateTime Consumer BiFunction Predicate BufferedImage ImageIO Serializable";

/// Packages that make no AWS calls of their own; everything below them, too.
const AWS_FREE: &str = "org.slf4j org.apache.logging org.apache.log4j org.apache.commons org.apache.http org.apache.hc org.apache.poi \
    org.apache.pdfbox org.apache.kafka org.apache.avro org.json org.junit org.mockito org.assertj org.hamcrest org.modelmapper org.mapstruct \
    org.yaml org.jsoup org.joda org.postgresql org.crac org.immutables org.aspectj org.bson org.checkerframework org.jetbrains \
    com.google.gson com.google.common com.google.inject com.google.protobuf com.fasterxml.jackson com.mysql com.zaxxer com.mongodb \
    com.rabbitmq com.squareup com.auth0 com.nimbusds com.github.benmanes com.jayway com.networknt com.opencsv com.twilio com.sendgrid \
    com.stripe com.mitchellbosecke com.vladsch dagger io.jsonwebtoken io.micrometer io.opentelemetry io.opentracing io.vavr io.lettuce \
    io.netty io.github.resilience4j io.reactivex reactor redis.clients lombok jakarta junit kotlin okhttp3 retrofit2 \
    software.amazon.lambda.powertools.logging software.amazon.lambda.powertools.tracing software.amazon.lambda.powertools.metrics \
    software.amazon.lambda.powertools.validation software.amazon.lambda.powertools.common software.amazon.lambda.powertools.utilities \
    software.amazon.lambda.powertools.batch software.amazon.cloudwatchlogs.emf software.amazon.lambda.snapstart \
    com.amazonaws.serverless com.amazonaws.xray com.amazonaws.services.lambda.runtime";

/// AWS's own packages, whose calls are understood.
const SDK: &str = "software.amazon.awssdk com.amazonaws";

fn is_word(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Whether a package, or one above it, is in a list.
fn is_below(list: &str, path: &str) -> bool {
    list.split_ascii_whitespace()
        .any(|known| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':'])))
}

/// The class that a name means which nothing in the file declares.
pub(in super::super) fn global(name: &str) -> Option<String> {
    if name.starts_with('$') {
        return Some(format!("builtin:{name}"));
    }
    // What Lombok adds.
    if matches!(name, "log" | "LOG") {
        return Some("org.slf4j.log".to_owned());
    }
    is_word(LANG, name).then(|| format!("java.lang.{name}"))
}

/// Whether a package that is imported whole has a class of this name.
pub(in super::super) fn has(package: &str, name: &str) -> bool {
    let standard = is_word(JAVA, name);
    name.starts_with(char::is_uppercase) && !is_word(LANG, name) && (package.starts_with("java") == standard)
}

/// What is known of a class or package outside.
pub(super) fn classify(path: &str) -> Class {
    let first = path.split(['.', ':']).next().unwrap_or(path);
    if matches!(first, "java" | "javax" | "jdk" | "sun" | "builtin") {
        Class::Standard
    } else if path.starts_with("com.amazonaws.services.lambda.runtime") || path.starts_with("com.amazonaws.xray") {
        Class::Sdk
    } else if is_below(AWS_FREE, path) {
        Class::AwsFree
    } else if is_below(SDK, path) {
        Class::Sdk
    } else {
        Class::Unknown
    }
}

/// The package of a class: what stands before the first name with a capital.
pub(super) fn package(path: &str) -> &str {
    let end = path.split('.').scan(0, |at, part| {
        let start = *at;
        *at += part.len() + 1;
        Some((start, part))
    });
    let capital = end.into_iter().find(|(_, part)| part.starts_with(char::is_uppercase)).map(|(start, _)| start);
    capital.map_or(path, |start| path[..start].trim_end_matches('.'))
}

/// Whether requests to AWS are signed by hand with it.
pub(super) fn signs(path: &str) -> bool {
    path.starts_with("software.amazon.awssdk.auth.signer")
        || path.starts_with("software.amazon.awssdk.http.auth.aws")
        || path.starts_with("com.amazonaws.auth.AWS4Signer")
        || path.starts_with("com.amazonaws.http")
        || path.starts_with("software.amazon.msk")
}

/// The service of a class of either SDK, and whether that is the first.
pub(super) fn service(path: &str) -> Option<(Result<&'static str, &str>, bool)> {
    let second = path.strip_prefix("software.amazon.awssdk.services.");
    let first = path.strip_prefix("com.amazonaws.services.").filter(|rest| !rest.starts_with("lambda.runtime"));
    let folder = second.or(first)?.split(['.', ':']).next()?;
    let known = match folder {
        "dynamodbv2" => "dynamodb",
        "simpleemail" => "ses",
        "simpleemailv2" => "sesv2",
        "simplesystemsmanagement" => "ssm",
        "stepfunctions" => "sfn",
        "identitymanagement" => "iam",
        "securitytoken" => "sts",
        "cognitoidp" => "cognitoidentityprovider",
        other => other,
    };
    Some((table().service_of_folder(known).ok_or(folder), first.is_some()))
}

/// Whether a class of a service is its client: of SDK v1 an interface `AmazonSQS`, of v2 `SqsClient`.
pub(super) fn is_client(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    let inner = package(path).rsplit('.').next().is_some_and(|folder| folder == "model");
    let first = path.starts_with("com.amazonaws.services.");
    let named = name.ends_with("Client") || name.ends_with("AsyncClient");
    !inner && (named || first && (name.starts_with("Amazon") || name.starts_with("AWS")) && !name.ends_with("Builder"))
}

/// `tableName` as the API writes it.
pub(super) fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn decapital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The operation that a method of a client calls, and what the method adds to the operation's name.
pub(in super::super) fn operation<'n>(service: &str, name: &'n str) -> Option<(&'static str, &'n str)> {
    const ADDED: [&str; 5] = ["", "Paginator", "AsBytes", "Async", "WithResponse"];
    let known = |name: &str| {
        let name = capital(name);
        table().operation(service, &name).filter(|operation| operation.eq_ignore_ascii_case(&name))
    };
    ADDED.iter().find_map(|added| Some((known(name.strip_suffix(added)?)?, *added)))
}

/// Whether a method has the name of an operation of AWS.
pub(in super::super) fn is_like_operation(name: &str) -> bool {
    name.starts_with(char::is_lowercase) && table().services.keys().any(|service| operation(service, name).is_some())
}

/// The member of the event that a getter reads; nothing for other methods.
pub(super) fn event_getter(name: &str) -> Option<String> {
    let member = name.strip_prefix("get").filter(|rest| rest.starts_with(char::is_uppercase))?;
    Some(match member {
        "Records" => "Records".into(),
        "SNS" => "Sns".into(),
        "UrlDecodedKey" => "key".into(),
        other => decapital(other),
    })
}

/// The field that a getter reads, or a record's accessor.
pub(super) fn field_of_getter(name: &str) -> String {
    let member = name.strip_prefix("get").or_else(|| name.strip_prefix("is"));
    member.filter(|rest| rest.starts_with(char::is_uppercase)).map_or_else(|| name.to_owned(), decapital)
}
