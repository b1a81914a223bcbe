"""WebJobs: programs of a site that run beside it, all the time (continuous) or when they are asked for or
due (triggered).

They lie in `site/wwwroot/App_Data/jobs/{triggered,continuous}/NAME/`, as in Kudu (reference 1.13); what
they leave is in `data/jobs`. `model` and `schedule` are pure; `catalogue` reads what there is; `runs` runs
triggered jobs and keeps their history; `keeper` holds continuous jobs and asks for those that are due.
"""

__all__: list[str] = []
