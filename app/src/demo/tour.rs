//! What the demonstration prints for whoever tries it.

use super::fill::{ADMINISTRATOR, CUSTOMER, Goods};

/// A purchase in plain `sh` and `curl`, to be pasted line by line.
pub(super) fn purchase(base: &str, goods: &Goods) -> String {
    let Goods { product, variant } = goods;
    format!(
        r#"Buy something as a guest; paste this into another terminal:

  SHOP={base}
  JSON='Content-Type: application/json'

  # look around
  curl -sS "$SHOP/api/products?q=coffee&limit=3"; echo

  # two mugs into a cart; the answer's X-Cart-Token says whose cart it is
  CART=$(curl -sS -D - -o /dev/null "$SHOP/api/cart/items" -H "$JSON" \
    -d '{{"productId":"{product}","variantId":"{variant}","quantity":2}}' |
    tr -d '\r' | sed -n 's/^x-cart-token: //p')

  # order them; the answer's Location is the guest's link to the order
  ORDER=$(curl -sS -i "$SHOP/api/orders" -H "$JSON" -H "X-Cart-Token: $CART" -d '{{
    "email":"guest@demo.example","shippingMethod":"STANDARD","payment":{{"flow":"CLIENT_SDK"}},
    "shippingAddress":{{"recipientName":"Kim Guest","addressLine1":"Hafenstr. 1","postalCode":"20457",
      "city":"Hamburg","country":"DE"}}}}' | tr -d '\r')
  LINK=$(printf '%s' "$ORDER" | sed -n 's/^location: //p')
  PAYMENT=$(printf '%s' "$ORDER" | sed -n 's/.*"paymentId":"\([^"]*\)".*/\1/p')

  # pay with a test card (pm_card_chargeDeclined would be refused), then look at the order
  curl -sS "$SHOP/api/payments/$PAYMENT/confirm?${{LINK#*\?}}" -H "$JSON" -d '{{"paymentMethodId":"pm_card_visa"}}'; echo
  sleep 1
  curl -sS "$SHOP$LINK" | sed 's/.*\("orderNumber":"[^"]*"\).*\("status":"[A-Z_]*","paymentStatus":"[A-Z_]*"\).*/\1,\2/'; echo

  # the confirmation is in the mailbox
  curl -sS "$SHOP/api/mailbox" -H 'Accept: application/json'; echo"#
    )
}

/// What to do about passwords that were shown at an earlier start.
pub(super) fn forgotten(base: &str) -> String {
    format!(
        "  The passwords of {CUSTOMER} and {ADMINISTRATOR} were shown when this folder was filled.\n  \
         A new one comes by mail, into the mailbox:\n    \
         curl -sS {base}/api/auth/password-reset/request -H 'Content-Type: application/json' -d '{{\"email\":\"{ADMINISTRATOR}\"}}'"
    )
}
