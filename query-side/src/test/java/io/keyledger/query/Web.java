package io.keyledger.query;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.axonframework.queryhandling.DefaultQueryGateway;
import org.axonframework.queryhandling.QueryGateway;
import org.axonframework.queryhandling.SimpleQueryBus;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;
import org.springframework.test.web.servlet.request.MockMvcRequestBuilders;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;

/** Endpoints without a server: a caller, the answers that are there, and the queries that were asked for them. */
public final class Web {

    private static final Origin ORIGIN = new Origin(null, null, "0123456789abcdef0123456789abcdef");

    private final List<Object> asked = new ArrayList<>();
    private final SimpleQueryBus bus = SimpleQueryBus.builder().build();
    private Caller caller = Caller.anonymous(ORIGIN);

    /** Somebody who signed in. */
    public static Caller person(String accountId, boolean administrator, String... permissions) {
        return new Caller(Caller.Kind.SESSION, accountId, null, "s1", administrator, Set.of(permissions), ORIGIN);
    }

    public static Caller token(String accountId, String tokenId, boolean administrator, String... permissions) {
        return new Caller(Caller.Kind.TOKEN, accountId, tokenId, null, administrator, Set.of(permissions), ORIGIN);
    }

    public static Caller anonymous() {
        return Caller.anonymous(ORIGIN);
    }

    public <R> Web answer(Class<?> query, R answer) {
        bus.<R>subscribe(query.getName(), answer.getClass(), message -> {
            asked.add(message.getPayload());
            return answer;
        });
        return this;
    }

    public Web as(Caller caller) {
        this.caller = caller;
        return this;
    }

    public Object lastAsked() {
        return asked.getLast();
    }

    public List<Object> asked() {
        return asked;
    }

    public MockHttpServletResponse get(Function<QueryGateway, Object> endpoints, String uri, Object... variables) {
        return perform(endpoints, MockMvcRequestBuilders.get(uri, variables));
    }

    public MockHttpServletResponse perform(
            Function<QueryGateway, Object> endpoints, MockHttpServletRequestBuilder request) {
        var gateway = DefaultQueryGateway.builder().queryBus(bus).build();
        try {
            return MockMvcBuilders.standaloneSetup(endpoints.apply(gateway))
                    .setCustomArgumentResolvers(new CallerResolver())
                    .build()
                    .perform(request)
                    .andReturn()
                    .getResponse();
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    /** What the request is refused with. */
    public Refusal refused(Function<QueryGateway, Object> endpoints, String uri, Object... variables) {
        try {
            get(endpoints, uri, variables);
        } catch (CompletionException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof Refusal refusal) {
                    return refusal;
                }
            }
            throw e;
        }
        throw new AssertionError(uri + " was not refused");
    }

    private final class CallerResolver implements HandlerMethodArgumentResolver {

        @Override
        public boolean supportsParameter(MethodParameter parameter) {
            return parameter.getParameterType() == Caller.class;
        }

        @Override
        public Object resolveArgument(
                MethodParameter parameter,
                @Nullable ModelAndViewContainer container,
                NativeWebRequest request,
                @Nullable WebDataBinderFactory binders) {
            return caller;
        }
    }
}
