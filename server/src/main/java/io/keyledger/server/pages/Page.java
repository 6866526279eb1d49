package io.keyledger.server.pages;

import io.keyledger.api.ForRole;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.stereotype.Controller;

/** A controller that answers with pages; they read and change, so they are there where the server does both. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Controller
@Conditional(Page.BothRoles.class)
@interface Page {

    /** Compares with {@code keyledger.roles}. */
    class BothRoles implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            var roles = context.getEnvironment().getProperty("keyledger.roles", "");
            return Arrays.stream(ForRole.Role.values()).allMatch(role -> ForRole.RoleIsOn.on(roles, role));
        }
    }
}
