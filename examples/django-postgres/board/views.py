from django.http import HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from board.models import Card

SHOWN_CARDS = 50


def page(request):
    return render(request, "board/page.html", {"cards": Card.objects.all()[:SHOWN_CARDS]})


@require_POST
def add(request):
    text = request.POST.get("text", "").strip()
    if not 0 < len(text) <= 200:
        return HttpResponseBadRequest("A card needs a text of 1 to 200 characters.")
    Card.objects.create(text=text)
    return redirect("/")


def health(request):
    """Liveness alone: a database that is away must not take the host out of service."""
    return JsonResponse({"status": "ok"})
