//! Fields of HTTP, under Arkime's names.

use fields::Transform;

fields::fields! { "http";
    /// Host header, and the name asked for in TLS and QUIC; a name with a port is there with and without it.
    HOST: Lower = "host.http" @ "http.host", "Hostname".aliases(&["http.host"]).transform(Transform::Host).tokens();
    /// URI of requests: host, path and query.
    URI: Term = "http.uri" @ "http.uri", "URI".transform(Transform::Uri).tokens();
    /// Path part of URIs.
    PATH: Term = "http.uri.path" @ "http.path", "URI Path";
    /// Keys of query strings, decoded.
    KEY: Term = "http.uri.key" @ "http.key", "QS Keys";
    /// Values of query strings, decoded.
    VALUE: Term = "http.uri.value" @ "http.value", "QS Values";
    /// Addresses in X-Forwarded-For headers.
    XFF: Ip = "ip.xff" @ "http.xffIp", "XFF IP".aliases(&["xff"]);
    /// User-Agent header.
    USER_AGENT: Term = "http.user-agent" @ "http.useragent", "Useragent".tokens();
    /// Names of request headers.
    REQUEST_HEADER: Lower = "http.hasheader.src" @ "http.requestHeader", "Has Src Header";
    /// Names of those request headers that have no field of their own, in parallel to their values.
    REQUEST_HEADER_FIELD: Lower = "http.header.request.field" @ "http.requestHeaderField", "Request Header Fields".repeated().no_count();
    /// Values of those request headers that have no field of their own.
    REQUEST_HEADER_VALUE: Lower = "http.hasheader.src.value" @ "http.requestHeaderValue", "Request Header Values".repeated();
    /// Names of response headers.
    RESPONSE_HEADER: Lower = "http.hasheader.dst" @ "http.responseHeader", "Has Dst Header";
    /// Names of those response headers that have no field of their own, in parallel to their values.
    RESPONSE_HEADER_FIELD: Lower = "http.header.response.field" @ "http.responseHeaderField", "Response Header Fields".repeated().no_count();
    /// Values of those response headers that have no field of their own.
    RESPONSE_HEADER_VALUE: Lower = "http.hasheader.dst.value" @ "http.responseHeaderValue", "Response Header Values".repeated();
    /// MD5 of request and response bodies as they were transferred, chunk headers taken off.
    MD5: Lower = "http.md5" @ "http.md5", "Body MD5";
    /// SHA-256 of request and response bodies as they were transferred, chunk headers taken off.
    SHA256: Lower = "http.sha256" @ "http.sha256", "Body SHA256";
    /// HTTP version of requests.
    CLIENT_VERSION: Term = "http.version.src" @ "http.clientVersion", "Src Version";
    /// HTTP version of responses.
    SERVER_VERSION: Term = "http.version.dst" @ "http.serverVersion", "Dst Version";
    /// Keys of cookies sent with requests.
    COOKIE_KEY: Term = "http.cookie.key" @ "http.cookieKey", "Cookie Keys";
    /// Values of cookies sent with requests.
    COOKIE_VALUE: Term = "http.cookie.value" @ "http.cookieValue", "Cookie Values";
    /// Request method.
    METHOD: Term = "http.method" @ "http.method", "Request Method";
    /// Number of CONNECT requests.
    METHOD_CONNECT: Int = "http.method.CONNECT" @ "http.method-CONNECT", "Method CONNECT Count".one();
    /// Number of DELETE requests.
    METHOD_DELETE: Int = "http.method.DELETE" @ "http.method-DELETE", "Method DELETE Count".one();
    /// Number of GET requests.
    METHOD_GET: Int = "http.method.GET" @ "http.method-GET", "Method GET Count".one();
    /// Number of HEAD requests.
    METHOD_HEAD: Int = "http.method.HEAD" @ "http.method-HEAD", "Method HEAD Count".one();
    /// Number of OPTIONS requests.
    METHOD_OPTIONS: Int = "http.method.OPTIONS" @ "http.method-OPTIONS", "Method OPTIONS Count".one();
    /// Number of POST requests.
    METHOD_POST: Int = "http.method.POST" @ "http.method-POST", "Method POST Count".one();
    /// Number of PUT requests.
    METHOD_PUT: Int = "http.method.PUT" @ "http.method-PUT", "Method PUT Count".one();
    /// Kind of bodies, from their first bytes.
    BODY_MAGIC: Term = "http.bodymagic" @ "http.bodyMagic", "Body Magic";
    /// User of Basic and Digest authentication.
    USER: Term = "http.user" @ "http.user", "User";
    /// Scheme of the Authorization header.
    AUTH_TYPE: Lower = "http.authtype" @ "http.authType", "Auth Type";
    /// Status code of responses.
    STATUS: Int = "http.statuscode" @ "http.statuscode", "Status Code";
    /// Start of request bodies that are text.
    REQUEST_BODY: Term = "http.reqbody" @ "http.requestBody", "Request Body".no_count();
    /// Authorization header of requests; kept only where all headers are.
    REQUEST_AUTHORIZATION: Term = "http.request.authorization" @ "http.request-authorization", "Request Authorization".aliases(&["http.authorization"]);
    /// Content-Type header of requests, unless all headers are kept in the list of headers.
    REQUEST_CONTENT_TYPE: Term = "http.request.content-type" @ "http.request-content-type", "Request Content-Type".aliases(&["http.content-type"]);
    /// Origin header of requests, unless all headers are kept in the list of headers.
    REQUEST_ORIGIN: Term = "http.request.origin" @ "http.request-origin", "Request Origin".no_count().aliases(&["http.origin"]);
    /// Referer header of requests.
    REQUEST_REFERER: Term = "http.request.referer" @ "http.request-referer", "Request Referer".aliases(&["http.referer"]);
    /// Content-Type header of responses, unless all headers are kept in the list of headers.
    RESPONSE_CONTENT_TYPE: Term = "http.response.content-type" @ "http.response-content-type", "Response Content-Type";
    /// Location header of responses.
    RESPONSE_LOCATION: Term = "http.response.location" @ "http.response-location", "Response Location".no_count().aliases(&["http.location"]);
    /// Server header of responses, unless all headers are kept in the list of headers.
    RESPONSE_SERVER: Term = "http.response.server" @ "http.response-server", "Response Server".no_count().aliases(&["http.server"]);
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
