package io.keyledger.query.authentication;

import jakarta.servlet.http.HttpServletRequest;

/**
 * The address that this service is known by, without a slash at its end: {@code iss} of RFC 7662, {@code issuer} of RFC
 * 8414.
 */
@FunctionalInterface
public interface Issuer {

    /** To whoever sends this request. */
    String of(HttpServletRequest request);
}
