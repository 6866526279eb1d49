package org.example.invoices;

import java.util.Map;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Another team's service. It is in no package of Keyledger's, so that Keyledger, which the tests start with this class on
 * its class path, does not take it for a part of itself. It has no database, though the class path has all that one would
 * need.
 */
@EnableAutoConfiguration(exclude = DataSourceAutoConfiguration.class)
@EnableMethodSecurity
@RestController
public class Invoices {

    @GetMapping("/caller")
    Map<String, Object> caller(Authentication authentication) {
        var principal = (OAuth2AuthenticatedPrincipal) authentication.getPrincipal();
        return Map.of(
                "name",
                authentication.getName(),
                "authorities",
                authentication.getAuthorities().stream()
                        .map(GrantedAuthority::getAuthority)
                        .toList(),
                "attributes",
                Map.copyOf(principal.getAttributes()));
    }

    @GetMapping("/invoices")
    @PreAuthorize("hasAuthority('SCOPE_invoices:read')")
    String invoices() {
        return "[]";
    }
}
