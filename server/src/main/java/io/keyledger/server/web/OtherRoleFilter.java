package io.keyledger.server.web;

import io.keyledger.api.ForRole;
import io.keyledger.api.ForRole.Role;
import io.keyledger.api.Refusal;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.http.server.PathContainer;
import org.springframework.util.ClassUtils;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * Says of what the nodes of the other role do that they do it (421, RFC 9110, section 15.5.20), whoever asks: a gateway may
 * pass the request on to one of them, as nothing has happened.
 */
final class OtherRoleFilter extends OncePerRequestFilter {

    private final Problems problems;
    private final List<Address> addresses;

    private record Address(Role role, Set<String> methods, PathPattern path) {}

    /** @param others roles that this process does not have */
    OtherRoleFilter(List<Role> others, Problems problems) {
        this.problems = problems;
        this.addresses =
                others.stream().flatMap(role -> addresses(role).stream()).toList();
    }

    private static List<Address> addresses(Role role) {
        // With the other role for its own, the search finds what this process lacks.
        var environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource("role", Map.of("keyledger.roles", role.name())));
        var search = new ClassPathScanningCandidateComponentProvider(false, environment);
        search.addIncludeFilter(new AnnotationTypeFilter(ForRole.class));
        var addresses = new ArrayList<Address>();
        for (var component : search.findCandidateComponents("io.keyledger")) {
            var type = ClassUtils.resolveClassName(String.valueOf(component.getBeanClassName()), null);
            for (var method : type.getDeclaredMethods()) {
                var mapping = AnnotatedElementUtils.findMergedAnnotation(method, RequestMapping.class);
                if (mapping != null) {
                    for (var path : mapping.path()) {
                        addresses.add(
                                new Address(role, methods(mapping), PathPatternParser.defaultInstance.parse(path)));
                    }
                }
            }
        }
        return addresses;
    }

    private static Set<String> methods(RequestMapping mapping) {
        var methods = Arrays.stream(mapping.method()).map(RequestMethod::name).collect(Collectors.toSet());
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        return methods;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        var path = PathContainer.parsePath(request.getRequestURI());
        for (var address : addresses) {
            if (address.methods().contains(request.getMethod())
                    && address.path().matches(path)) {
                problems.answer(
                        request,
                        response,
                        new Refusal.Misdirected(
                                "other_role",
                                "This node does not do that. Ask one with the role %s (KEYLEDGER_ROLES)."
                                        .formatted(address.role().name().toLowerCase(Locale.ROOT))));
                return;
            }
        }
        chain.doFilter(request, response);
    }
}
