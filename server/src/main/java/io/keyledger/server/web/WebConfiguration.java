package io.keyledger.server.web;

import io.keyledger.api.ForRole.Role;
import io.keyledger.api.authentication.AddressRange;
import io.keyledger.api.authentication.Origin;
import io.keyledger.server.database.Nodes;
import io.keyledger.server.settings.KeyledgerSettings;
import io.micrometer.observation.ObservationRegistry;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.Objects;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.valves.RemoteIpValve;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.web.filter.ServerHttpObservationFilter;
import tools.jackson.databind.json.JsonMapper;

/** Filters and errors, for all endpoints alike. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
public class WebConfiguration {

    /** Longer ones are cut: who sends them has something else in mind than telling what they are. */
    private static final int USER_AGENT_MAX = 300;

    @Bean
    Problems problems(JsonMapper json, ObjectProvider<ProblemPage> page) {
        return new Problems(json, page.getIfAvailable());
    }

    @Bean
    FilterRegistrationBean<CorrelationFilter> correlationFilter(Problems problems) {
        return first(new CorrelationFilter(problems), 0);
    }

    @Bean
    FilterRegistrationBean<BodyLimitFilter> bodyLimitFilter() {
        return first(new BodyLimitFilter(), 1);
    }

    @Bean
    FilterRegistrationBean<ReadyFilter> readyFilter(Readiness readiness, Nodes nodes) {
        return first(new ReadyFilter(readiness::isReady, nodes::isDoubled), 2);
    }

    /** Before the session is read. */
    @Bean
    FilterRegistrationBean<ConnectionWaitFilter> connectionWaitFilter() {
        return first(new ConnectionWaitFilter(), 3);
    }

    /** Behind the filters above, and before anything that knows addresses. */
    @Bean
    FilterRegistrationBean<OtherRoleFilter> otherRoleFilter(KeyledgerSettings settings, Problems problems) {
        var others = Arrays.stream(Role.values())
                .filter(role -> !settings.hasRole(role))
                .toList();
        var registration = first(new OtherRoleFilter(others, problems), 9);
        registration.setEnabled(!others.isEmpty());
        return registration;
    }

    /**
     * As Spring Boot has it, but behind the filters for gateways and resource servers: their look-ups have a timer, and are
     * too many for a second one that costs as much as all else in their filters.
     */
    @Bean
    FilterRegistrationBean<ServerHttpObservationFilter> observationFilter(ObservationRegistry observations) {
        var registration = first(new ServerHttpObservationFilter(observations), 20);
        registration.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ASYNC);
        return registration;
    }

    private static <F extends jakarta.servlet.Filter> FilterRegistrationBean<F> first(F filter, int order) {
        var registration = new FilterRegistrationBean<>(filter);
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + order);
        return registration;
    }

    /** Parameters reach SQL as values; PostgreSQL has no text with NUL. */
    @Bean
    StrictHttpFirewall httpFirewall() {
        var firewall = new StrictHttpFirewall();
        firewall.setAllowedParameterValues(value -> value.indexOf('\0') < 0);
        // Addresses know their methods; any other is answered 405 with the list of them.
        firewall.setUnsafeAllowAnyHttpMethod(true);
        return firewall;
    }

    @Bean
    RequestRejectedHandler requestRejectedHandler(Problems problems) {
        return problems::answer;
    }

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> tomcatErrors() {
        return factory -> factory.addContextCustomizers(context ->
                ((StandardHost) context.getParent()).setErrorReportValveClass(ProblemReportValve.class.getName()));
    }

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> formLimit() {
        return factory -> factory.addConnectorCustomizers(connector -> connector.setMaxPostSize(BodyLimitFilter.LIMIT));
    }

    /** Takes the client's address from those that are trusted to tell it, and from nobody else. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> trustedProxies(KeyledgerSettings settings) {
        return factory -> {
            var proxies = Objects.requireNonNull(settings.trustedProxies());
            if (!proxies.isEmpty()) {
                var valve = new RemoteIpValve();
                valve.setInternalProxies(String.join(",", proxies));
                valve.setProtocolHeader("X-Forwarded-Proto");
                factory.addEngineValves(valve);
            }
        };
    }

    /** The origin of a request. */
    public static Origin origin(HttpServletRequest request) {
        // A trusted proxy that passes on what a client made up says nothing.
        var address = AddressRange.isAddress(request.getRemoteAddr()) ? request.getRemoteAddr() : null;
        var userAgent = request.getHeader(HttpHeaders.USER_AGENT);
        return new Origin(
                address,
                userAgent == null || userAgent.length() <= USER_AGENT_MAX
                        ? userAgent
                        : userAgent.substring(0, USER_AGENT_MAX),
                (String) request.getAttribute(CorrelationFilter.CORRELATION_ID));
    }
}
