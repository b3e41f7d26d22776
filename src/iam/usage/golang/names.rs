//! What is known of Go's names and packages.

use super::super::super::actions::table;
use super::super::library::Class;

/// Types that are there without an import.
const TYPES: &str = "any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string \
    uint uint8 uint16 uint32 uint64 uintptr";

/// Functions that are there without an import, and what reading makes calls of.
const FUNCTIONS: &str = "append cap clear close complex copy delete imag len make max min new panic print println real recover \
    $send $store $written $same $key $range $plain";

/// Modules that make no AWS calls of their own; everything below them, too.
const AWS_FREE: &str = "github.com/aws/jsii-runtime-go github.com/aws/constructs-go github.com/awslabs/aws-lambda-go-api-proxy \
    github.com/google/uuid github.com/google/go-cmp github.com/google/go-querystring github.com/google/go-github \
    github.com/sirupsen/logrus github.com/rs/zerolog github.com/rs/xid github.com/rs/cors github.com/pkg/errors \
    github.com/gorilla/mux github.com/gorilla/schema github.com/gorilla/sessions github.com/gorilla/websocket github.com/gorilla/handlers \
    github.com/gin-gonic/gin github.com/gin-contrib github.com/go-chi/chi github.com/go-chi/cors github.com/go-chi/render \
    github.com/labstack/echo github.com/gofiber/fiber github.com/julienschmidt/httprouter github.com/stretchr/testify \
    github.com/golang-jwt/jwt github.com/dgrijalva/jwt-go github.com/lestrrat-go/jwx github.com/MicahParks/keyfunc \
    github.com/lib/pq github.com/go-sql-driver/mysql github.com/jackc github.com/jmoiron/sqlx github.com/Masterminds \
    github.com/go-redis/redis github.com/redis/go-redis github.com/gomodule/redigo github.com/shopspring/decimal \
    github.com/go-playground/validator github.com/go-ozzo/ozzo-validation github.com/asaskevich/govalidator \
    github.com/spf13/cobra github.com/spf13/pflag github.com/spf13/cast github.com/samber/lo github.com/mitchellh/mapstructure \
    github.com/tidwall github.com/goccy/go-json github.com/json-iterator/go github.com/bytedance/sonic github.com/valyala/fastjson \
    github.com/buger/jsonparser github.com/disintegration/imaging github.com/nfnt/resize github.com/oliamb/cutter \
    github.com/joho/godotenv github.com/caarlos0/env github.com/kelseyhightower/envconfig github.com/go-resty/resty \
    github.com/hashicorp/go-multierror github.com/hashicorp/golang-lru github.com/hashicorp/go-retryablehttp github.com/hashicorp/go-version \
    github.com/hashicorp/go-uuid github.com/patrickmn/go-cache github.com/cenkalti/backoff github.com/avast/retry-go \
    github.com/oklog/ulid github.com/segmentio/ksuid github.com/satori/go.uuid github.com/gofrs/uuid github.com/gocarina/gocsv \
    github.com/xuri/excelize github.com/360EntSecGroup-Skylar/excelize github.com/PuerkitoBio/goquery github.com/prometheus \
    github.com/DATA-DOG/go-sqlmock github.com/slack-go/slack github.com/stripe/stripe-go github.com/sashabaranov/go-openai \
    github.com/twilio/twilio-go github.com/sendgrid github.com/graph-gophers github.com/99designs/gqlgen github.com/graphql-go/graphql \
    github.com/fatih/color github.com/davecgh/go-spew github.com/golang/protobuf github.com/gogo/protobuf github.com/klauspost/compress \
    github.com/segmentio/kafka-go github.com/IBM/sarama github.com/Shopify/sarama github.com/confluentinc/confluent-kafka-go \
    github.com/rabbitmq/amqp091-go github.com/streadway/amqp github.com/getsentry/sentry-go github.com/newrelic/go-agent \
    github.com/bwmarrin/discordgo github.com/go-telegram-bot-api github.com/line/line-bot-sdk-go github.com/mmcdole/gofeed \
    github.com/russross/blackfriday github.com/yuin/goldmark github.com/jung-kurt/gofpdf github.com/signintech/gopdf \
    github.com/nyaruka/phonenumbers github.com/biter777/countries github.com/robfig/cron github.com/jinzhu/copier \
    github.com/jinzhu/now github.com/araddon/dateparse github.com/gobwas/glob github.com/iancoleman/strcase github.com/gosimple/slug \
    github.com/neo4j/neo4j-go-driver github.com/couchbase/gocb github.com/elastic/go-elasticsearch github.com/opensearch-project/opensearch-go \
    github.com/olivere/elastic github.com/auth0 github.com/coreos/go-oidc github.com/uptrace/bun github.com/go-pg/pg \
    github.com/onsi github.com/golang/mock github.com/dlclark/regexp2 github.com/itchyny/gojq github.com/jmespath/go-jmespath \
    github.com/santhosh-tekuri/jsonschema github.com/xeipuuv/gojsonschema github.com/invopop/jsonschema github.com/prozz/aws-embedded-metrics-golang \
    golang.org/x google.golang.org go.uber.org go.opentelemetry.io go.mongodb.org/mongo-driver gopkg.in/yaml.v2 gopkg.in/yaml.v3 \
    gopkg.in/guregu/null.v4 gopkg.in/gomail.v2 gopkg.in/ini.v1 gopkg.in/go-playground/validator.v9 gopkg.in/square/go-jose.v2 \
    gorm.io goa.design sigs.k8s.io/yaml";

/// AWS's own modules, whose calls are understood.
const SDK: &str = "github.com/aws/aws-sdk-go-v2 github.com/aws/aws-sdk-go github.com/aws/smithy-go github.com/aws/aws-lambda-go \
    github.com/aws/aws-xray-sdk-go github.com/aws/aws-secretsmanager-caching-go";

fn is_word(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

pub(super) fn is_builtin_type(name: &str) -> bool {
    is_word(TYPES, name)
}

pub(in super::super) fn is_builtin(name: &str) -> bool {
    is_word(FUNCTIONS, name) || is_builtin_type(name)
}

/// The entry of a list that a package is, or stands below.
fn listed<'l>(list: &'l str, package: &str) -> Option<&'l str> {
    list.split_ascii_whitespace()
        .find(|known| package.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// What is known of a package outside, and the module that it is of.
pub(super) fn classify(package: &str) -> (Class, String) {
    let first = package.split('/').next().unwrap_or(package);
    if !first.contains('.') {
        return (Class::Standard, package.to_owned());
    }
    if listed(SDK, package).is_some() {
        return (Class::Sdk, package.to_owned());
    }
    match listed(AWS_FREE, package) {
        Some(module) => (Class::AwsFree, module.to_owned()),
        None => (Class::Unknown, package.to_owned()),
    }
}

/// Whether a package signs requests to AWS by hand.
pub(super) fn signs(package: &str) -> bool {
    let signer = package.contains("/signer") || package.contains("sigv4");
    signer && (package.contains("aws") || package.contains("opensearch"))
        || matches!(
            package,
            "github.com/aws/aws-sdk-go-v2/feature/rds/auth"
                | "github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
                | "github.com/aws/aws-sdk-go/service/rds/rdsutils"
        )
}

/// The name under which a package is seen when its import gives none: that of its last folder, as a rule.
pub(super) fn default_name(package: &str) -> &str {
    let mut parts = package.rsplit('/');
    let last = parts.next().unwrap_or(package);
    let is_version =
        |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let last = if is_version(last) { parts.next().unwrap_or(last) } else { last };
    let last = match last.rsplit_once('.') {
        Some((name, version)) if is_version(version) => name,
        _ => last,
    };
    let last = last.strip_prefix("go-").unwrap_or(last);
    last.strip_suffix("-go").or_else(|| last.strip_suffix(".go")).unwrap_or(last)
}

/// Whether a method has the name of an operation of AWS.
pub(in super::super) fn is_like_operation(name: &str) -> bool {
    name.starts_with(char::is_uppercase) && table().services.keys().any(|service| operation(service, name).is_some())
}

/// The operation that a method of a client of either SDK calls, and what the method adds to the operation's name.
pub(in super::super) fn operation<'n>(service: &str, name: &'n str) -> Option<(&'static str, &'n str)> {
    const ADDED: [&str; 5] = ["", "WithContext", "Request", "Pages", "PagesWithContext"];
    let known = |name: &str| table().operation(service, name).filter(|operation| *operation == name);
    if let Some(rest) = name.strip_prefix("Presign") {
        return known(rest).map(|operation| (operation, "Presign"));
    }
    if let Some(waiter) = name.strip_prefix("WaitUntil") {
        let (waiter, added) = match waiter.strip_suffix("WithContext") {
            Some(waiter) => (waiter, "WithContext"),
            None => (waiter, ""),
        };
        return table().waiter(service, &crate::program::snake_case(waiter)).map(|operation| (operation, added));
    }
    ADDED.iter().find_map(|added| Some((known(name.strip_suffix(added)?)?, *added)))
}

/// The service of a package of either SDK: `…/service/dynamodb`.
pub(super) fn service(package: &str) -> Option<Result<&'static str, &str>> {
    let rest = package
        .strip_prefix("github.com/aws/aws-sdk-go-v2/service/")
        .or_else(|| package.strip_prefix("github.com/aws/aws-sdk-go/service/"))?;
    let name = rest.split('/').next().unwrap_or(rest);
    Some(table().service_of_folder(name).ok_or(name))
}

/// Whether a package is of the first SDK.
pub(super) fn is_first(package: &str) -> bool {
    package.starts_with("github.com/aws/aws-sdk-go/")
}

/// What a field of `aws-lambda-go`'s events is called in JSON.
pub(in super::super) fn event_member<'n>(path: &str, name: &'n str) -> &'n str {
    match name {
        "S3" => "s3",
        "Bucket" if path.ends_with("s3") => "bucket",
        "Object" if path.ends_with("s3") => "object",
        "Name" if path.ends_with("bucket") => "name",
        "Arn" if path.ends_with("bucket") => "arn",
        "Key" | "URLDecodedKey" if path.ends_with("object") => "key",
        "SNS" => "Sns",
        "Body" => "body",
        "Detail" => "detail",
        "RequestContext" => "requestContext",
        "DomainName" => "domainName",
        "Stage" => "stage",
        "ConnectionID" => "connectionId",
        "PathParameters" => "pathParameters",
        "QueryStringParameters" => "queryStringParameters",
        "Kinesis" => "kinesis",
        _ => name,
    }
}
