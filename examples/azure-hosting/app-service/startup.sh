# Startup command of an App Service web app for Linux (Configuration > Stack settings > Startup Command):
#     sh startup.sh
# The binary lies beside the application, in bin/. PORT is set by App Service.
exec "${OTEL_RUN:-./bin/otel-run}" \
  gunicorn --bind "0.0.0.0:${PORT:-8000}" --timeout 600 --workers 2 --worker-class uvicorn_worker.UvicornWorker main:app
