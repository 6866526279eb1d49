package io.keyledger.server.authentication;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.command.Commands;
import io.keyledger.command.account.Passwords;
import io.keyledger.query.authentication.AccountLookup;
import io.keyledger.query.authentication.GatewayFilter;
import io.keyledger.query.authentication.IntrospectionFilter;
import io.keyledger.query.authentication.Issuer;
import io.keyledger.query.authentication.TokenAuthentication;
import io.keyledger.query.authentication.TokenLookup;
import io.keyledger.query.authentication.TokenUses;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.settings.KeyledgerSettings;
import io.keyledger.server.web.ProblemPage;
import io.keyledger.server.web.Problems;
import io.keyledger.server.web.WebConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.MethodParameter;
import org.springframework.core.Ordered;
import org.springframework.core.convert.converter.Converter;
import org.springframework.core.convert.support.GenericConversionService;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.context.NullSecurityContextRepository;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;
import org.springframework.session.config.SessionRepositoryCustomizer;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;
import org.springframework.session.jdbc.PostgreSqlJdbcIndexedSessionRepositoryCustomizer;
import org.springframework.session.jdbc.config.annotation.web.http.EnableJdbcHttpSession;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import tools.jackson.databind.json.JsonMapper;

/** The security chain: everything needs somebody who is known, except what is listed here. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@EnableWebSecurity
@EnableJdbcHttpSession(
        tableName = "state.spring_session",
        maxInactiveIntervalInSeconds = SecurityConfiguration.SESSION_IDLE_SECONDS,
        // Housekeeping does it, once the tables are there.
        cleanupCron = Scheduled.CRON_DISABLED)
public class SecurityConfiguration implements WebMvcConfigurer {

    static final int SESSION_IDLE_SECONDS = 8 * 60 * 60;

    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

    @Bean
    SecurityFilterChain security(
            HttpSecurity http, CallerFilter callerFilter, SignedSessionCookies cookies, Problems problems) {
        return http.addFilterBefore(callerFilter, AuthorizationFilter.class)
                .authorizeHttpRequests(requests -> requests.dispatcherTypeMatchers(
                                DispatcherType.ERROR, DispatcherType.FORWARD, DispatcherType.ASYNC)
                        .permitAll()
                        .requestMatchers("/actuator/health/**", "/actuator/prometheus")
                        .permitAll()
                        .requestMatchers("/v3/api-docs/**", "/v3/api-docs.yaml", "/api-docs", "/swagger-ui/**")
                        .permitAll()
                        .requestMatchers("/sign-in", "/set-password", "/forgot-password", "/assets/**", "/webjars/**")
                        .permitAll()
                        .requestMatchers(HttpMethod.POST, "/api/session", "/api/password-reset", "/api/accounts")
                        .permitAll()
                        .requestMatchers(
                                HttpMethod.POST, "/oauth2/revoke", "/api/leaked-tokens", "/api/leaked-tokens/github")
                        .permitAll()
                        .requestMatchers(
                                HttpMethod.GET, "/.well-known/oauth-authorization-server", "/.well-known/keyledger/**")
                        .permitAll()
                        .anyRequest()
                        .authenticated())
                .exceptionHandling(errors -> errors.authenticationEntryPoint((request, response, _) -> problems.answer(
                                request,
                                response,
                                new Refusal.Unauthenticated("authentication_required", "Sign in, or send a token.")))
                        .accessDeniedHandler(
                                (request, response, _) -> problems.answer(request, response, csrfMissing())))
                .csrf(csrf -> csrf.csrfTokenRepository(new SessionCsrfTokens(cookies))
                        .csrfTokenRequestHandler(new CsrfTokenRequestAttributeHandler())
                        .sessionAuthenticationStrategy((_, _, _) -> {})
                        .requireCsrfProtectionMatcher(SecurityConfiguration::needsCsrfToken))
                .securityContext(context -> context.securityContextRepository(new NullSecurityContextRepository()))
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .headers(headers -> headers.addHeaderWriter((request, response) -> response.setHeader(
                                "Content-Security-Policy",
                                request.getRequestURI().startsWith("/swagger-ui/")
                                        ? ProblemPage.CONTENT_SECURITY_POLICY.replace(
                                                "style-src 'self'", "style-src 'self' 'unsafe-inline'")
                                        : ProblemPage.CONTENT_SECURITY_POLICY))
                        .referrerPolicy(referrer -> {}))
                .requestCache(AbstractHttpConfigurer::disable)
                .formLogin(AbstractHttpConfigurer::disable)
                .httpBasic(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .anonymous(anonymous -> {})
                .build();
    }

    /** A browser sends cookies without the page's doing, and what it knows for HTTP Basic; never a token. */
    private static boolean needsCsrfToken(HttpServletRequest request) {
        var authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (SAFE.contains(request.getMethod())
                || (authorization != null && !authorization.regionMatches(true, 0, "Basic ", 0, 6))) {
            return false;
        }
        return isCrossSite(request)
                || (authorization == null
                        && !CallerFilter.isSignIn(request)
                        && !isSignOut(request)
                        && request.getSession(false) != null);
    }

    /** Whoever wants out gets out, also from a page of an earlier session; SameSite keeps other sites from asking. */
    private static boolean isSignOut(HttpServletRequest request) {
        return request.getRequestURI().equals("/sign-out");
    }

    /** As modern browsers tell (W3C Fetch Metadata): so no other site can sign somebody in either. */
    private static boolean isCrossSite(HttpServletRequest request) {
        return "cross-site".equals(request.getHeader("Sec-Fetch-Site"));
    }

    private static Refusal csrfMissing() {
        return new Refusal.Forbidden(
                "csrf_token_missing",
                "With a session's cookie, send the value of the cookie XSRF-TOKEN in the header X-XSRF-TOKEN.");
    }

    @Bean
    UseObserver useObserver(Commands commands, Passwords passwords) {
        return new UseObserver(commands, passwords);
    }

    @Bean
    TokenAuthentication tokenAuthentication(
            TokenLookup lookup,
            PermissionCatalogue permissions,
            UseObserver observer,
            TokenUses uses,
            Clock clock,
            MeterRegistry meters) {
        return new TokenAuthentication(lookup, permissions, observer, uses, clock, meters);
    }

    /** Before the security chain, which has opinions about addresses, and behind the filters of {@code web}. */
    @Bean
    @ForRole(ForRole.Role.QUERY)
    FilterRegistrationBean<GatewayFilter> gatewayFilter(TokenAuthentication authentication) {
        var registration = new FilterRegistrationBean<>(new GatewayFilter(authentication, WebConfiguration::origin));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 10);
        return registration;
    }

    /** Likewise. */
    @Bean
    @ForRole(ForRole.Role.QUERY)
    FilterRegistrationBean<IntrospectionFilter> introspectionFilter(
            TokenAuthentication authentication, Issuer issuer, JsonMapper json) {
        var registration = new FilterRegistrationBean<>(
                new IntrospectionFilter(authentication, WebConfiguration::origin, issuer, json));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 11);
        return registration;
    }

    @Bean
    Issuer issuer(KeyledgerSettings settings) {
        var publicUrl = settings.publicUrl();
        if (publicUrl == null) {
            return request ->
                    ServletUriComponentsBuilder.fromContextPath(request).toUriString();
        }
        var issuer = publicUrl.replaceFirst("/+$", "");
        return _ -> issuer;
    }

    @Bean
    CallerFilter callerFilter(
            TokenAuthentication tokens,
            AccountLookup accounts,
            Passwords passwords,
            Commands commands,
            PermissionCatalogue permissions,
            Problems problems,
            TokenUses uses) {
        return new CallerFilter(tokens, accounts, passwords, commands, permissions, problems, uses);
    }

    /** It belongs into the security chain alone. */
    @Bean
    FilterRegistrationBean<CallerFilter> callerFilterInChainOnly(CallerFilter filter) {
        var registration = new FilterRegistrationBean<>(filter);
        registration.setEnabled(false);
        return registration;
    }

    /** Endpoints ask for the caller as a parameter. */
    @Override
    public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
        resolvers.add(new HandlerMethodArgumentResolver() {
            @Override
            public boolean supportsParameter(MethodParameter parameter) {
                return parameter.getParameterType() == Caller.class;
            }

            @Override
            public Caller resolveArgument(
                    MethodParameter parameter,
                    @Nullable ModelAndViewContainer mavContainer,
                    NativeWebRequest request,
                    @Nullable WebDataBinderFactory binderFactory) {
                return CallerFilter.caller(request.getNativeRequest(HttpServletRequest.class));
            }
        });
    }

    @Bean
    SignedSessionCookies cookieSerializer(MasterKeys masterKeys, KeyledgerSettings settings) {
        var publicUrl = settings.publicUrl();
        return new SignedSessionCookies(masterKeys, publicUrl != null && publicUrl.startsWith("https:"));
    }

    /**
     * Spring Session goes by the node's wall clock, which may be wrong. In these statements it is the database's that says
     * when a session was used, and whether it is over: what Spring Session has to say of that, they leave alone, and it is
     * told that no session that was found ever ends.
     */
    @Bean
    SessionRepositoryCustomizer<JdbcIndexedSessionRepository> sessionStatements() {
        var now = "cast(extract(epoch from now()) * 1000 as bigint)";
        var end = "%s + %d"
                .formatted(now, Duration.ofSeconds(SESSION_IDLE_SECONDS).toMillis());
        var select = """
            select s.primary_id, s.session_id, s.creation_time, s.last_access_time, -1 as max_inactive_interval,
                   a.attribute_name, a.attribute_bytes
            from %%TABLE_NAME%% s left join %%TABLE_NAME%%_attributes a on a.session_primary_id = s.primary_id
            where s.expiry_time > %s and\
            """.formatted(now);
        return repository -> {
            new PostgreSqlJdbcIndexedSessionRepositoryCustomizer().customize(repository);
            repository.setCreateSessionQuery("""
                insert into %%TABLE_NAME%% (primary_id, session_id, creation_time, last_access_time,
                                          max_inactive_interval, expiry_time, principal_name)
                values (?, ?, coalesce(%1$s, ?), coalesce(%1$s, ?), ?, coalesce(%2$s, ?), ?)\
                """.formatted(now, end));
            repository.setUpdateSessionQuery("""
                update %%TABLE_NAME%%
                set session_id = ?, last_access_time = coalesce(%1$s, ?),
                    max_inactive_interval = coalesce(max_inactive_interval, ?), expiry_time = coalesce(%2$s, ?),
                    principal_name = ?
                where primary_id = ?\
                """.formatted(now, end));
            repository.setGetSessionQuery(select + " s.session_id = ?");
            // Spring Session's own has no order, and takes a session whose rows do not follow each other for two.
            repository.setListSessionsByPrincipalNameQuery(select + " s.principal_name = ? order by s.primary_id");
            repository.setDeleteSessionsByExpiryTimeQuery(
                    "delete from %%TABLE_NAME%% where expiry_time <= coalesce(%s, ?)".formatted(now));
        };
    }

    /** Texts only: no session attribute is ever a serialized Java object. */
    @Bean
    GenericConversionService springSessionConversionService() {
        var conversion = new GenericConversionService();
        conversion.addConverter(Object.class, byte[].class, (Converter<Object, byte[]>)
                text -> ((String) text).getBytes(StandardCharsets.UTF_8));
        conversion.addConverter(byte[].class, Object.class, (Converter<byte[], Object>)
                bytes -> new String(bytes, StandardCharsets.UTF_8));
        return conversion;
    }

    /** Spring Boot would make up a user and print a password otherwise. */
    @Bean
    UserDetailsService noUsers() {
        return name -> {
            throw new UsernameNotFoundException(name);
        };
    }
}
