package io.keyledger.server.pages;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.web.servlet.LocaleResolver;
import org.springframework.web.servlet.i18n.AcceptHeaderLocaleResolver;

/** Languages and files of the pages. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
class PageConfiguration {

    /** The browser's choice among the languages that there is a file of messages for; otherwise English. */
    @Bean
    LocaleResolver localeResolver() throws IOException {
        var locales = new ArrayList<>(List.of(Locale.ENGLISH));
        for (var file : new PathMatchingResourcePatternResolver().getResources("classpath*:messages_*.properties")) {
            var name = Objects.requireNonNull(file.getFilename());
            locales.add(Locale.forLanguageTag(
                    name.substring("messages_".length(), name.indexOf('.')).replace('_', '-')));
        }
        var resolver = new AcceptHeaderLocaleResolver();
        resolver.setSupportedLocales(locales);
        resolver.setDefaultLocale(Locale.ENGLISH);
        return resolver;
    }
}
