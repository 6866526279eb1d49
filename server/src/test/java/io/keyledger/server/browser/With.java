package io.keyledger.server.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What is special about the browser of a test's {@link Tab}: {@code @With({DARK, PHONE}) Tab tab}. */
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@interface With {
    Trait[] value();
}
