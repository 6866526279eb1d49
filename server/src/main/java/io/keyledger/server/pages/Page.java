package io.keyledger.server.pages;

import io.keyledger.api.ForRole;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.stereotype.Controller;

/**
 * A controller that answers with pages. They read and change, so they are where commands are taken; what they read comes
 * from the database, as everywhere.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Controller
@ForRole(ForRole.Role.COMMAND)
@interface Page {}
