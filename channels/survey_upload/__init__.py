"""Survey uploads: CSV, TSV and XLSX exports of survey tools and plain sheets, recognised by looking at them."""

from channels.survey_upload.adapter import SurveyUpload

__all__ = ["SurveyUpload"]
