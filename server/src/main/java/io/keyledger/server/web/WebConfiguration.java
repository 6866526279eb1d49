package io.keyledger.server.web;

import io.keyledger.api.authentication.Origin;
import jakarta.servlet.http.HttpServletRequest;
import org.apache.catalina.core.StandardHost;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import tools.jackson.databind.json.JsonMapper;

/** Filters, JSON and errors, for all endpoints alike. */
@Configuration(proxyBeanMethods = false)
public class WebConfiguration {

    /** Longer ones are cut: who sends them has something else in mind than telling what they are. */
    private static final int USER_AGENT_MAX = 300;

    @Bean
    Problems problems(JsonMapper json, ObjectProvider<ProblemPage> page) {
        return new Problems(json, page.getIfAvailable());
    }

    @Bean
    JsonMapperBuilderCustomizer strictJson() {
        return StrictJson::customize;
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
    FilterRegistrationBean<ReadyFilter> readyFilter(Readiness readiness) {
        return first(new ReadyFilter(readiness::isReady), 2);
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

    /** The origin of a request. */
    public static Origin origin(HttpServletRequest request) {
        var userAgent = request.getHeader(HttpHeaders.USER_AGENT);
        return new Origin(
                request.getRemoteAddr(),
                userAgent == null || userAgent.length() <= USER_AGENT_MAX
                        ? userAgent
                        : userAgent.substring(0, USER_AGENT_MAX),
                (String) request.getAttribute(CorrelationFilter.CORRELATION_ID));
    }
}
