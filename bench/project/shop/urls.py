import pandas
from django.http import JsonResponse
from django.urls import path


def totals(request):
    return JsonResponse({"total": int(pandas.Series([1, 2, 3]).sum())})


urlpatterns = [path("", totals)]
