/** The web pages: what people do with accounts and tokens in a browser, with scripts or without. */
@NullMarked
package io.keyledger.server.pages;

import org.jspecify.annotations.NullMarked;
