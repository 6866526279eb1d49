/** Messages about webhooks: addresses of the product that are told what happened. */
@NullMarked
package io.keyledger.api.webhook;

import org.jspecify.annotations.NullMarked;
