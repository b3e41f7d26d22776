//! Python's own names, and what is known of packages.

use super::super::super::actions::table;
use super::super::library::Class;

/// Built-in functions and classes.
const BUILTINS: &str = "__build_class__ __debug__ __doc__ __file__ __import__ __name__ __package__ __spec__ abs aiter all \
    anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright credits delattr \
    dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int \
    isinstance issubclass iter len license list locals map max memoryview min next object oct open ord pow print property \
    quit range repr reversed round set setattr slice sorted staticmethod str sum super tuple type unicode vars zip basestring \
    raw_input xrange Exception BaseException Ellipsis NotImplemented";

/// Modules of the standard library.
const STANDARD: &str = "__future__ _thread abc aifc argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb \
    binascii bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall \
    concurrent configparser contextlib contextvars copy copyreg cProfile crypt csv ctypes curses dataclasses datetime dbm \
    decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch \
    fractions ftplib functools gc getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib imghdr \
    imp importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox mailcap marshal math \
    mimetypes mmap modulefinder multiprocessing netrc nntplib numbers operator optparse os pathlib pdb pickle pickletools \
    pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc queue quopri \
    random re readline reprlib resource runpy sched secrets select selectors shelve shlex shutil signal site smtplib sndhdr \
    socket socketserver sqlite3 ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog \
    tabnanny tarfile telnetlib tempfile termios test textwrap threading time timeit tkinter token tokenize tomllib trace \
    traceback tracemalloc tty turtle types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser \
    wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo StringIO cStringIO ConfigParser Queue urllib2 urlparse \
    httplib HTMLParser commands __main__";

/// SDKs and libraries on top of them whose calls are understood.
const SDK: &str = "boto3 botocore aioboto3 aiobotocore s3transfer aws_lambda_powertools aws_secretsmanager_caching \
    mypy_boto3_builder boto3_stubs types_boto3 types_aiobotocore requests_aws4auth aws_requests_auth aws4auth";

/// Popular libraries that make no AWS calls of their own. Not here, because they do: `awswrangler`, `s3fs`, `smart_open`,
/// `pynamodb`, `crhelper`, `watchtower`, `chalice`, `langchain_aws`, `strands`, `datadog_lambda`.
const AWS_FREE: &str = "OpenSSL PIL PyPDF2 Crypto Cryptodome absl aenum aiofiles aiohttp aiosignal altair annotated_types \
    anyio apispec arrow asgiref asn1crypto async_timeout asyncpg attr attrs autobahn avro aws_embedded_metrics aws_xray_sdk \
    azure babel backoff backports bcrypt bitstring bleach blinker boltons brotli bs4 cachetools cattr cattrs cbor2 certifi \
    cffi cfnresponse chardet charset_normalizer ciso8601 click cloudevents colorama confluent_kafka cookies cron_descriptor \
    croniter cryptography cssselect cv2 cx_Oracle cycler dacite dataclasses_json dateparser dateutil deepdiff defusedxml \
    deprecated dns docx docutils dotenv dpath ecdsa elasticsearch email_validator emoji et_xmlfile exceptiongroup faker \
    fastapi fastjsonschema feedgen feedparser filelock flask flask_cors fpdf frozenlist fuzzywuzzy geoip2 geopy git github \
    gitlab glom google googleapiclient gql graphene graphql greenlet grpc gspread h11 h2 hpack html5lib httpcore httplib2 httpx hubspot \
    humanize idna importlib_metadata importlib_resources inflection influxdb_client iso8601 isodate itsdangerous jinja2 \
    jira jmespath joblib jose jsonlines jsonpatch jsonpath_ng jsonpickle jsonpointer jsonref jsonschema jwcrypto jwt kafka \
    kiwisolver kubernetes ldap3 loguru lxml mailchimp_marketing mangum markdown markupsafe marshmallow matplotlib maxminddb \
    mistune mongoengine monotonic more_itertools moto mpmath msal msgpack multidict mypy_extensions mysql MySQLdb nacl \
    neo4j networkx newspaper nltk num2words numpy oauthlib openapi_spec_validator openpyxl opensearchpy opentelemetry oracledb ordered_set \
    orjson packaging paramiko parse passlib pathspec pdfkit pdfminer pdfplumber peewee phonenumbers pika pkg_resources \
    platformdirs playwright pluggy ply polling2 prettytable prometheus_client prompt_toolkit propcache psutil psycopg \
    psycopg2 pyaes pyarrow pyasn1 pycparser pycountry pydantic pydantic_core pydantic_settings pydash pyfiglet pygments pyjokes \
    pyjwt pymongo pymssql pymysql pynput pyodbc pyparsing pypdf pyshorteners pysnmp pytest python_multipart pythonjsonlogger \
    pytz pywintypes qrcode rapidfuzz ratelimit redis referencing regex reportlab requests requests_oauthlib requests_toolbelt \
    responses retry retrying rich rpds rsa ruamel scipy seaborn segno selenium semver sendgrid sentry_sdk setuptools shapely \
    shortuuid simple_salesforce simplejson six sklearn slack slack_bolt slack_sdk slugify sniffio snowflake socks sortedcontainers \
    soupsieve sqlalchemy sqlmodel sqlparse starlette stripe structlog sympy tabulate tblib telegram tenacity termcolor threadpoolctl \
    tiktoken tinydb toml tomli toolz tornado tqdm trafilatura tweepy twilio typeguard typer typing_extensions typing_inspect \
    typing_inspection tzdata tzlocal ua_parser ujson unidecode uritemplate urllib3 user_agents uvicorn validators vobject \
    watchdog webob websocket websockets werkzeug wheel wrapt wsproto xlrd xlsxwriter xlwt xmltodict xxhash yaml yarl yattag zeep \
    zipp zmq zstandard ddtrace newrelic lumigo_tracer awslambdaric psycopg2_binary slack_webhook discord_webhook pymsteams holidays \
    workalendar textdistance ftfy langdetect html2text markdownify markdown2 pyperclip shopify hvac consul pyotp pyqrcode pypng \
    barcode PyRSS2Gen icalendar ics recurring_ical_events suds spacy transformers torch tensorflow keras onnxruntime xgboost lightgbm \
    openai anthropic cohere mistralai tokenizers huggingface_hub fitz pymupdf pytesseract docxtpl pptx xlwings camelot tabula";

/// Libraries that read and write S3 when they are given an `s3://` address.
const BY_ADDRESS: &str = "pandas polars pyarrow dask xarray zarr geopandas";

fn is_word(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

pub(in super::super) fn is_builtin(name: &str) -> bool {
    is_word(BUILTINS, name) || name.ends_with("Error") || name.ends_with("Warning") || name.ends_with("Interrupt")
}

/// Whether paths given to a package may be addresses of S3.
pub(super) fn reads_addresses(top: &str) -> bool {
    is_word(BY_ADDRESS, top)
}

/// What is known of a module outside.
pub(super) fn classify(module: &str) -> Class {
    let top = module.split('.').next().unwrap_or(module);
    if is_word(STANDARD, top) {
        Class::Standard
    } else if is_word(SDK, top) || top.starts_with("mypy_boto3") {
        Class::Sdk
    } else if is_word(AWS_FREE, top) || is_word(BY_ADDRESS, top) {
        Class::AwsFree
    } else {
        Class::Unknown
    }
}

/// Whether a module or a name of it signs requests to AWS.
pub(super) fn signs(path: &str) -> bool {
    let top = path.split('.').next().unwrap_or(path);
    let last = path.rsplit('.').next().unwrap_or(path);
    matches!(top, "requests_aws4auth" | "aws_requests_auth" | "aws4auth" | "httpx_auth")
        || path.starts_with("botocore.auth")
        || path.starts_with("botocore.awsrequest")
        || matches!(
            last,
            "SigV4Auth" | "AWSV4SignerAuth" | "AWSV4SignerAsyncAuth" | "RequestsAWSV4SignerAuth" | "AWSRequest"
        )
        || matches!(last, "AnthropicBedrock" | "AsyncAnthropicBedrock" | "BedrockClient" | "AsyncBedrockClient")
}

/// Whether a method has the name of an operation that hardly anything but AWS has.
pub(in super::super) fn is_like_operation(name: &str) -> bool {
    const TELLING: [&str; 7] = ["dynamodb", "s3", "sqs", "sns", "secretsmanager", "ssm", "stepfunctions"];
    name.contains('_') && TELLING.iter().any(|service| table().operation(service, name).is_some())
}
