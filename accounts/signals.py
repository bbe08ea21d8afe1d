"""What happens to users that the rooms above may want to hear of."""

from django.dispatch import Signal

# A guest has become an account, or their things were given to one: `user` is the account. Sent in that transaction.
guest_became_account = Signal()
