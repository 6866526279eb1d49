package io.keyledger.api;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The name and revision under which an event is stored for ever. Never a Java class name, so that classes can move; a
 * changed meaning or field gets a higher revision, and older ones are upcast on reading.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface EventType {

    /** Noun and past participle, for example {@code token.created}. */
    String name();

    /** Counts from 1. */
    int revision();

    /** Earlier revisions that are read as this one: what they lack, the record's constructor fills in. */
    int[] reads() default {};
}
