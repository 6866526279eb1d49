package io.keyledger.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Locale;
import java.util.Set;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

/** A component that is there only in processes with this role ({@code keyledger.roles}; by default both). */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@Conditional(ForRole.RoleIsOn.class)
public @interface ForRole {

    Role value();

    /** What a process does. Every process authenticates requests. */
    enum Role {
        /** Takes commands, shows the pages, and does what is due by time. */
        COMMAND,
        /** Keeps the projections and answers queries. */
        QUERY
    }

    /** Compares with {@code keyledger.roles}. */
    class RoleIsOn implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            var role = metadata.getAnnotations().get(ForRole.class).getEnum("value", Role.class);
            return on(context.getEnvironment().getProperty("keyledger.roles", ""), role);
        }

        /**
         * Whether a process does this.
         *
         * @param roles the setting; empty: all
         */
        public static boolean on(String roles, Role role) {
            var names = Set.of(StringUtils.tokenizeToStringArray(roles.toUpperCase(Locale.ROOT), ","));
            return names.isEmpty() || names.contains(role.name());
        }
    }
}
